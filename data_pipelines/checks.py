"""Decodes every file once, so that bad ones are named before training."""

import concurrent.futures
import contextlib
import dataclasses
import functools
import hashlib
import os
import re

import tensorflow as tf

from data_pipelines.palettes import colour_problem
from serving.commands.mask_values import mask_problem
from serving.commands.picture_headers import (
    TURNS,
    bit_depth,
    decodes_right,
    is_grey,
    is_lossless,
    is_plain_mask,
    orientation,
    turned,
)
from serving.commands.pictures import (
    PictureError,
    as_png,
    binary,
    dark_problem,
    read_image,
    read_mask,
    size_problem,
)
from tfmask.ops.arrays import MIN_SIDE
from tfmask.ops.errors import UserError

LISTED = 10
# The words of messages for how to leave bad files out.
SKIP = "--skip-bad-files (in Python: skip_bad_files=True)"
# Up to so many encoded bytes of a data set stay in memory.
MEMORY_LIMIT = 256 * 2**20
_PROGRESS_FROM = 2000


def decode(content):
    """Encoded image to (H, W, 3) uint8: the one decoder of this package.

    Grey and palette images become RGB. Transparency is dropped. Only the first
    frame of an animation is used. Bytes are turned upright. For a tensor in
    graph code, the caller must turn the image with `upright`.

    Args:
        content: bytes of any checked file; or a scalar string tensor of a file
            that `picture_headers.decodes_right` accepts.
    """
    if isinstance(content, bytes):
        if not decodes_right(content):
            return tf.constant(read_image(content))
        turn = orientation(content)
        pixels = tf.io.decode_image(
            content, channels=3, expand_animations=False
        )
        return pixels if turn == 1 else upright(pixels, turn)
    return tf.io.decode_image(content, channels=3, expand_animations=False)


def upright(image, tag):
    """Turns (H, W, C) as its orientation tag, an int or a tensor, says."""
    # No `tf.cond`, because TensorFlow 2.21 refuses it here inside of `tf.data`.
    turns = [TURNS[max(number, 1)] for number in range(9)]
    axes = [[1, 0, 2] if swap else [0, 1, 2] for swap, _, _ in turns]
    backwards = [[down, mirror, False] for _, down, mirror in turns]
    image = tf.transpose(image, tf.gather(axes, tag))
    return tf.raw_ops.Reverse(tensor=image, dims=tf.gather(backwards, tag))


@dataclasses.dataclass(frozen=True)
class LabelMaps:
    """Which files are label maps, whose colours are checked.

    Attributes:
        domains: "a" (`Example.image`), "b" (its partner), or both.
        palette: `Palette`. None: all colours are allowed.
    """

    domains: tuple[str, ...] = ()
    palette: object = None

    def problem(self, domain, file, pixels):
        """Why an image is no label map of these; None if it is one.

        Args:
            domain: "a" or "b".
            file: `Encoded` with content.
            pixels: (H, W, 3) uint8.
        """
        # Sets of tensorflow-datasets have numbers in place of colours.
        if domain not in self.domains or file.path is None:
            return None
        exact = is_lossless(file.content)
        return colour_problem(pixels, self.palette, exact=exact)


def check_examples(examples, *, keep_content, label_maps=None):
    """Decodes all files of all examples on several threads.

    Args:
        examples: list of `Example`.
        keep_content: bool, keep the encoded bytes in the results. Files that
            TensorFlow would read in another way are always converted and kept.
        label_maps: `LabelMaps`, or None.

    Returns:
        good: list of `Example`, in order, with content if it is kept.
        bad: list of (label, reason), in order.
        digests: list of bytes, a hash of each good example's files.
    """
    good, bad, digests = [], [], []
    check = functools.partial(_check, label_maps=label_maps or LabelMaps())
    with (
        _progress(len(examples)) as advance,
        concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool,
    ):
        for example, problems, digest in pool.map(check, examples):
            if problems:
                bad += problems
            else:
                # The content is dropped here, not in the thread. So only files
                # that wait in the queue are held twice.
                good.append(example if keep_content else _without(example))
                digests.append(digest)
            advance()
    return good, bad, digests


def raise_for_bad(bad, location):
    """Raises an error that lists bad files, if there are any.

    Args:
        bad: list of (label, reason).
        location: name of the data, for the message.

    Raises:
        UserError: the first `LISTED` bad files with reasons, and a count.
    """
    if not bad:
        return
    lines = [f"  {label}: {reason}" for label, reason in bad[:LISTED]]
    if len(bad) > LISTED:
        lines.append(f"  ... and {len(bad) - LISTED} more")
    files = "1 bad file" if len(bad) == 1 else f"{len(bad)} bad files"
    raise UserError(
        f"{files} in {location}:\n"
        + "\n".join(lines)
        + f"\nRepair or remove them, or skip them with {SKIP}."
    )


def _check(example, label_maps):
    if example.problem:
        return example, [(example.image.label, example.problem)], b""
    problems, files = [], []
    # Names of files may not be UTF-8.
    digest = hashlib.sha256(example.name.encode(errors="surrogateescape"))
    size = None
    for position, file in enumerate(example.files):
        is_mask = position > 0 and file is not example.partner
        pixels, file, problem = _decode_or_explain(file, is_mask)
        if pixels is None:
            pass
        elif position == 0:
            size = pixels.shape[:2]
            problem = problem or _image_problem(size, example.side_by_side)
            for domain, part in _parts(pixels, example):
                problem = problem or label_maps.problem(domain, file, part)
        elif is_mask:
            # A mask of another size may belong to another image.
            problem = _size_problem(pixels, size, "its image") or problem
        else:
            problem = problem or _size_problem(pixels, size, "its partner")
            problem = problem or label_maps.problem("b", file, pixels)
        if problem:
            problems.append((file.label, problem))
        else:
            digest.update(file.content)
            if file.orientation > 1:
                digest.update(b"turned %d" % file.orientation)
            files.append(file)
    if not problems:
        example = _with_files(example, files)
    return example, problems, digest.digest()


def _parts(pixels, example):
    """(domain, pixels) of an example's first file."""
    if not example.side_by_side:
        return [("a", pixels)]
    half = pixels.shape[1] // 2
    return [("a", pixels[:, :half]), ("b", pixels[:, half:])]


def _decode_or_explain(file, is_mask):
    """(pixels, file with content, problem); pixels are None if it is bad."""
    try:
        content = file.read()
    except OSError as error:
        return None, file, f"cannot be opened ({error.strerror})"
    if not content:
        return None, file, "is an empty file"
    read = _read_mask if is_mask else _read_image
    try:
        return read(dataclasses.replace(file, content=content), content)
    except PictureError as error:
        return None, file, str(error)
    except tf.errors.OpError as error:
        detail = re.sub(r"\{\{.*?\}\}|\[Op:.*", "", error.message)
        detail = " ".join(detail.split())[:120].strip()
        problem = f"is damaged or not an image that can be read ({detail})"
        return None, file, problem


def _read_image(file, content):
    if not decodes_right(content):
        pixels = read_image(content)
        return pixels, _converted(file, pixels), None
    turn = orientation(content)
    pixels = turned(_pixels(content), turn)
    problem = None
    if bit_depth(content) == 16:
        problem = dark_problem(pixels)
    return pixels, dataclasses.replace(file, orientation=turn), problem


def _read_mask(file, content):
    if not is_plain_mask(content):
        pixels = binary(read_mask(content))
        return pixels, _converted(file, pixels), None
    # Grey stays one channel here. The values are only checked, not used.
    pixels = _pixels(content, channels=1 if is_grey(content) else 3)
    turn = orientation(content)
    problem = mask_problem(pixels, exact=is_lossless(content))
    file = dataclasses.replace(file, orientation=turn)
    return turned(pixels, turn), file, problem


def _pixels(content, channels=3):
    return tf.io.decode_image(
        content, channels=channels, expand_animations=False
    ).numpy()


def _converted(file, pixels):
    return dataclasses.replace(file, content=as_png(pixels), converted=True)


def _image_problem(size, side_by_side):
    height, width = size
    if side_by_side and width % 2:
        return (
            f"is {width} wide, expected an even width: a's image in the left "
            "half, b's in the right one"
        )
    if min(height, width // 2 if side_by_side else width) >= MIN_SIDE:
        return None
    each = " of each half" if side_by_side else ""
    return (
        f"is {height} high and {width} wide, expected at least {MIN_SIDE} "
        f"pixels on each side{each}"
    )


def _size_problem(pixels, size, owner):
    if size is None:
        return None
    return size_problem(pixels.shape[:2], size, owner)


def _with_files(example, files):
    image, *others = files
    region = None if example.region is None else others.pop(0)
    partner = None if example.partner is None else others.pop()
    return dataclasses.replace(
        example,
        image=image,
        region=region,
        instances=tuple(others),
        partner=partner,
    )


def _without(example):
    if example.image.path is None:
        return example
    return _with_files(
        example,
        [
            file if file.converted else dataclasses.replace(file, content=None)
            for file in example.files
        ],
    )


@contextlib.contextmanager
def _progress(total):
    """Yields a function that counts one example; a bar for large sets."""
    if total <= _PROGRESS_FROM:
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import Progress

    # On stderr, because stdout is for the output of a command.
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("Checking images", total=total)
        yield lambda: progress.advance(task)
