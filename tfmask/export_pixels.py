"""How many pixels encoded images claim, told before they are decoded.

It is part of the graph, because TensorFlow Serving decodes whatever comes: a
JPEG of 746 bytes can be 12,000 pixels high and wide. What cannot be measured
is refused, too. The offsets are those of TensorFlow's decoders. A GIF's frames
are decoded before there is a choice of one, so GIFs are refused.
"""

import tensorflow as tf

_HEAD = 32  # bytes that hold the size, of all but a JPEG
_FORMATS = "PNG, JPEG, BMP or WebP"
_PNG = b"\x89PNG\r\n\x1a\n"


def guarded_files(files, limit):
    """Files that may be decoded.

    Args:
        files: dict of an input's name to a string tensor of any shape.
        limit: int, how many pixels all of them together may have.

    Returns:
        The same; INVALID_ARGUMENT, before anything is decoded, where a file
        cannot be measured, or they have more.
    """
    guards, total = [], tf.constant(0, tf.int64)
    for name, values in files.items():
        pixels = tf.map_fn(
            _claimed,
            tf.reshape(values, [-1]),
            fn_output_signature=tf.TensorSpec([], tf.int64),
        )
        message = (
            f"`{name}` must be {_FORMATS} images whose size can be read. The "
            "first that is none, counted from 0:"
        )
        bad = tf.where(pixels <= 0)[:1, 0]
        guards.append(tf.debugging.Assert(tf.size(bad) == 0, [message, bad]))
        # Cut, so that no sum of claims runs over.
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


def _claimed(data):
    """Pixels of one file (a scalar) as int64; 0 if they cannot be told."""
    head = tf.io.decode_raw(data, tf.uint8, fixed_length=_HEAD)
    head = tf.cast(head, tf.int64)
    width, height = _size(head)
    return tf.cond(
        _says(head, 0, b"\xff\xd8\xff"),
        # The decoder's own reader: it skips what lies between the segments.
        lambda: tf.reduce_prod(tf.image.extract_jpeg_shape(data, tf.int64)[:2]),
        lambda: tf.maximum(width, 0) * tf.maximum(height, 0),
    )


def _size(head):
    """(width, height) by the first bytes of any format but JPEG."""
    webp = _says(head, 0, b"RIFF") & _says(head, 8, b"WEBP")
    lossless = _little(head, 21, 4)
    sizes = (
        (
            _says(head, 0, _PNG) & _says(head, 12, b"IHDR"),
            (_big(head, 16), _big(head, 20)),
        ),
        (
            _says(head, 0, b"BM"),
            # A negative height: the first row is the upper one.
            (_signed(_little(head, 18, 4)), abs(_signed(_little(head, 22, 4)))),
        ),
        (
            webp & _says(head, 12, b"VP8X"),
            (1 + _little(head, 24, 3), 1 + _little(head, 27, 3)),
        ),
        (
            webp & _says(head, 12, b"VP8L") & _says(head, 20, b"\x2f"),
            (1 + lossless % 2**14, 1 + lossless // 2**14 % 2**14),
        ),
        (
            webp & _says(head, 12, b"VP8 ") & _says(head, 23, b"\x9d\x01\x2a"),
            (_little(head, 26, 2) % 2**14, _little(head, 28, 2) % 2**14),
        ),
    )
    none = tf.zeros([2], tf.int64)
    # No file is of two formats.
    return tf.unstack(
        tf.add_n(
            [tf.where(known, tf.stack(size), none) for known, size in sizes]
        )
    )


def _says(head, at, text):
    """Whether these bytes stand at that place."""
    wanted = tf.constant(list(text), tf.int64)
    return tf.reduce_all(head[at : at + len(text)] == wanted)


def _little(head, at, count):
    """A number of that many bytes, the lowest first."""
    weights = tf.constant([256**place for place in range(count)], tf.int64)
    return tf.reduce_sum(head[at : at + count] * weights)


def _big(head, at):
    return _little(head[at : at + 4][::-1], 0, 4)


def _signed(value):
    return tf.where(value < 2**31, value, value - 2**32)
