"""How many pixels encoded images claim, told before they are decoded.

This is part of the graph, because TensorFlow Serving decodes every file. A JPEG
of 746 bytes can be 12,000 pixels high and wide. A file that cannot be measured
is also refused. The offsets are those of TensorFlow's decoders. GIFs are
refused, because the decoder decodes all frames before one can be chosen.
"""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

_FORMATS = "PNG, JPEG, BMP or WebP"
_HEAD = 32  # bytes that hold the size, except in a JPEG
_JPEG = b"\xff\xd8\xff"
_WEBP = {0: b"RIFF", 8: b"WEBP"}


class _Layout(NamedTuple):
    """Where the header of a format has its size.

    Attributes:
        marks: dict of an offset to the bytes at this offset.
        places: offsets of the bytes of a side, the lowest byte first. Each is a
            pair: one for the width and one for the height.
        below: int; a side is the rest of the number after a division by this
            one.
        divide: int; the number of the height is divided by this first.
        more: int; it is added at the end.
    """

    marks: dict[int, bytes]
    places: tuple[tuple[int, int], ...]
    below: int = 2**32
    divide: int = 1
    more: int = 0


# The sides of a BMP have signs. If the height is negative, the first row is the
# upper one.
_LAYOUTS = (
    _Layout(
        {0: b"\x89PNG\r\n\x1a\n", 12: b"IHDR"},
        ((19, 23), (18, 22), (17, 21), (16, 20)),
    ),
    _Layout({0: b"BM"}, ((18, 22), (19, 23), (20, 24), (21, 25))),
    _Layout({**_WEBP, 12: b"VP8X"}, ((24, 27), (25, 28), (26, 29)), more=1),
    _Layout(
        {**_WEBP, 12: b"VP8L", 20: b"\x2f"},
        ((21, 21), (22, 22), (23, 23), (24, 24)),
        below=2**14,
        divide=2**14,
        more=1,
    ),
    _Layout(
        {**_WEBP, 12: b"VP8 ", 23: b"\x9d\x01\x2a"},
        ((26, 28), (27, 29)),
        below=2**14,
    ),
)


def guarded_files(files, limit):
    """Files that may be decoded.

    Args:
        files: dict of an input's name to a string tensor of any shape.
        limit: int, how many pixels all files together may have.

    Returns:
        The same files. The graph fails with INVALID_ARGUMENT before it decodes
        anything, if a file cannot be measured or if the files have more pixels.
    """
    guards, total = [], tf.constant(0, tf.int64)
    for name, values in files.items():
        pixels = _claimed(tf.reshape(values, [-1]))
        message = (
            f"`{name}` must be {_FORMATS} images whose size can be read. The "
            "first that is none, counted from 0:"
        )
        bad = tf.where(pixels <= 0)[:1, 0]
        guards.append(tf.debugging.Assert(tf.size(bad) == 0, [message, bad]))
        # The numbers are cut, so that their sum does not overflow.
        total += tf.reduce_sum(tf.minimum(pixels, limit + 1))
    guards.append(
        tf.debugging.Assert(
            total <= limit,
            [
                f"{_listed(files)} must have {limit} pixels or fewer together. "
                "Got, at least:",
                total,
            ],
        )
    )
    with tf.control_dependencies(guards):
        return {name: tf.identity(values) for name, values in files.items()}


def few_pixels(image, limit):
    """Guard: (N, H, W, 3) images have few enough pixels together."""
    pixels = tf.reduce_prod(tf.shape(image, tf.int64)[:3])
    return tf.debugging.Assert(
        pixels <= limit,
        [f"`image` must have {limit} pixels or fewer. Got:", pixels],
    )


def _listed(names):
    return " and ".join(f"`{name}`" for name in names)


def _claimed(files):
    """Pixels of each file (N,) as int64; 0 if they cannot be told."""
    heads = tf.io.decode_raw(files, tf.uint8, fixed_length=_HEAD)
    pixels = _by_layouts(tf.cast(heads, tf.int64)[:, tf.newaxis])
    jpegs = tf.reduce_all(heads[:, : len(_JPEG)] == [*_JPEG], axis=-1)

    def one(file):
        is_jpeg, data, by_layout = file
        return tf.cond(
            is_jpeg,
            # This is the reader of the decoder. It skips bytes between
            # segments.
            lambda: tf.reduce_prod(
                tf.image.extract_jpeg_shape(data, tf.int64)[:2]
            ),
            lambda: by_layout,
        )

    return tf.cond(
        tf.reduce_any(jpegs),
        lambda: tf.map_fn(
            one,
            (jpegs, files, pixels),
            fn_output_signature=tf.TensorSpec([], tf.int64),
        ),
        lambda: pixels,
    )


def _by_layouts(heads):
    """Pixels by the first bytes, (N, 1, 32) int64 to (N,)."""
    wanted, fixed = _marks()
    known = tf.reduce_all((heads == wanted) | ~fixed, axis=-1)
    divide = np.array([[1, layout.divide] for layout in _LAYOUTS])
    below, more = (
        np.array([[getattr(layout, name)] for layout in _LAYOUTS])
        for name in ("below", "more")
    )
    # (N, layout, width or height)
    sides = tf.reduce_sum(heads[:, :, tf.newaxis] * _weights(), axis=-1)
    sides = sides // divide % below + more
    sides = tf.where(sides < 2**31, sides, sides - 2**32)
    pixels = tf.maximum(sides[..., 0], 0) * tf.abs(sides[..., 1])
    # A file has one format. So the sum has one term.
    return tf.reduce_sum(tf.where(known, pixels, 0), axis=-1)


def _marks():
    """(layout, 32) bytes, and whether they must stand there."""
    wanted = np.zeros((len(_LAYOUTS), _HEAD), np.int64)
    fixed = np.zeros(wanted.shape, bool)
    for row, layout in enumerate(_LAYOUTS):
        for at, text in layout.marks.items():
            wanted[row, at : at + len(text)] = [*text]
            fixed[row, at : at + len(text)] = True
    return wanted, fixed


def _weights():
    """(layout, 2, 32): what each byte counts in the width and the height."""
    weights = np.zeros((len(_LAYOUTS), 2, _HEAD), np.int64)
    for row, layout in enumerate(_LAYOUTS):
        for power, places in enumerate(layout.places):
            weights[row, [0, 1], places] = 256**power
    return weights
