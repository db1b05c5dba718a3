"""Decodes every file once, so that bad ones are named before training."""

import concurrent.futures
import contextlib
import dataclasses
import hashlib
import os
import re

import tensorflow as tf

from tfmask.ops.arrays import MIN_SIDE
from tfmask.ops.errors import UserError

LISTED = 10
# Encoded bytes of a data set are kept in memory up to this many.
MEMORY_LIMIT = 256 * 2**20
_PROGRESS_FROM = 2000


def decode(content):
    """Encoded image to (H, W, 3) uint8: the one decoder of this package.

    Grey and palette images become RGB, transparency is dropped, of an
    animation the first frame is taken.
    """
    return tf.io.decode_image(content, channels=3, expand_animations=False)


def check_examples(examples, *, keep_content):
    """Decodes all files of all examples on several threads.

    Args:
        examples: list of `Example`.
        keep_content: bool, keep the encoded bytes in the results.

    Returns:
        good: list of `Example`, in order, with content if it is kept.
        bad: list of (label, reason), in order.
        digests: list of bytes, a hash of each good example's files.
    """
    good, bad, digests = [], [], []
    with (
        _progress(len(examples)) as advance,
        concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool,
    ):
        for example, problems, digest in pool.map(_check, examples):
            if problems:
                bad += problems
            else:
                # Dropped here, not in the thread: only what waits in the
                # queue is held twice.
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
        + "\nRepair or remove them, or skip them with skip_bad_files."
    )


def _check(example):
    if example.problem:
        return example, [(example.image.label, example.problem)], b""
    problems, files = [], []
    # Names of files need not be UTF-8.
    digest = hashlib.sha256(example.name.encode(errors="surrogateescape"))
    size = None
    for position, file in enumerate(example.files):
        pixels, content, problem = _decode_or_explain(file)
        if pixels is None:
            pass
        elif position == 0:
            size = pixels.shape[:2]
            problem = _image_problem(size, example.side_by_side)
        elif file is example.partner:
            problem = _size_problem(pixels, size, "partner")
        else:
            problem = _mask_problem(pixels, size)
        if problem:
            problems.append((file.label, problem))
        else:
            digest.update(content)
            files.append(dataclasses.replace(file, content=content))
    if not problems:
        example = _with_files(example, files)
    return example, problems, digest.digest()


def _decode_or_explain(file):
    try:
        content = file.read()
    except OSError as error:
        return None, None, f"cannot be opened ({error.strerror})"
    if not content:
        return None, None, "is an empty file"
    try:
        return decode(content).numpy(), content, None
    except tf.errors.OpError as error:
        detail = re.sub(r"\{\{.*?\}\}|\[Op:.*", "", error.message)
        detail = " ".join(detail.split())[:120].strip()
        problem = f"is damaged or not an image that can be read ({detail})"
        return None, None, problem


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
    if size is None or pixels.shape[:2] == size:
        return None
    return (
        f"is {pixels.shape[0]} high and {pixels.shape[1]} wide, but its "
        f"{owner} is {size[0]} high and {size[1]} wide"
    )


def _mask_problem(pixels, size):
    problem = _size_problem(pixels, size, "image")
    if problem:
        return problem
    brightest = int(pixels.max())
    if 0 < brightest < 128:
        # 0/1 masks would otherwise be read as empty.
        return (
            f"has values from {int(pixels.min())} to {brightest}, expected "
            "0 outside and 255 inside the object"
        )
    return None


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
        [dataclasses.replace(file, content=None) for file in example.files],
    )


@contextlib.contextmanager
def _progress(total):
    """Yields a function that counts one example; a bar for large sets."""
    if total <= _PROGRESS_FROM:
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import Progress

    # On stderr: stdout belongs to what a command prints.
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("Checking images", total=total)
        yield lambda: progress.advance(task)
