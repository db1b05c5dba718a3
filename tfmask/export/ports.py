"""How each kind of port crosses the border of an exported model."""

import tensorflow as tf

from tfmask.ops.images import (
    mask_to_uint8,
    pad_to_multiple,
    resized,
    to_float,
    to_uint8,
)
from tfmask.ops.instances import fold, unfold

_ONE_IMAGE = tf.TensorSpec([None, None, 3], tf.uint8)


class ImageBorder:
    """(N, H, W, 3) uint8, or one PNG, JPEG, BMP or WebP file an image."""

    arrays = tf.TensorSpec([None, None, None, 3], tf.uint8)
    files = tf.TensorSpec([None], tf.string)
    answer = staticmethod(to_uint8)

    @staticmethod
    def decoded(name, files, image):
        """(N,) files to (N, H, W, 3) uint8, resized to the images'."""
        size = tf.shape(image)[1:3]
        # With another number of files, the loop would fail or leave some out.
        same = tf.shape(files)[0] == tf.shape(image)[0]
        guard = tf.debugging.Assert(
            same, [f"`{name}` must be one file an image"]
        )
        with tf.control_dependencies([guard]):
            files = tf.identity(files)
        return tf.map_fn(
            lambda data: resized(decoded_image(data), size),
            files,
            fn_output_signature=_ONE_IMAGE,
        )

    @staticmethod
    def prepared(image, multiple):
        """In [-1, 1], padded to the networks' multiple."""
        return pad_to_multiple(to_float(image), multiple)


class MaskBorder:
    """(N, H, W, 1) uint8; has no encoded form."""

    arrays = tf.TensorSpec([None, None, None, 1], tf.uint8)
    answer = staticmethod(mask_to_uint8)

    @staticmethod
    def prepared(mask, multiple):
        """In [0, 1] and padded; one of 0x0 pixels stays."""
        mask = tf.cast(mask, tf.float32) / 255.0
        return tf.cond(
            tf.size(mask) > 0,
            lambda: pad_to_multiple(mask, multiple),
            lambda: mask,
        )


class MasksBorder:
    """(N, K, H, W, 1) uint8, or (N, K) files; K may be 0."""

    arrays = tf.TensorSpec([None, None, None, None, 1], tf.uint8)
    files = tf.TensorSpec([None, None], tf.string)
    answer = staticmethod(mask_to_uint8)

    @staticmethod
    def decoded(name, files, image):
        """(N, K) files to (N, K, H, W, 1) uint8."""
        size = tf.shape(image)[1:3]
        # Add one, because the loop needs at least one file.
        blank = tf.io.encode_png(tf.zeros([size[0], size[1], 1], tf.uint8))
        masks = decoded_images(
            tf.concat([[blank], tf.reshape(files, [-1])], axis=0)
        )[1:]
        masks = tf.reduce_max(masks, axis=-1, keepdims=True)
        return tf.reshape(masks, tf.concat([tf.shape(files), size, [1]], 0))

    @staticmethod
    def prepared(masks, multiple):
        """0 or 1, padded."""
        inside = tf.cast(masks > 127, tf.float32)
        # Reflection fails if there is no instance at all. So add one.
        inside = tf.pad(inside, [[0, 0], [0, 1]] + [[0, 0]] * 3)
        padded = pad_to_multiple(fold(inside), multiple)
        return unfold(padded, tf.shape(inside)[1])[:, :-1]


class AttributesBorder:
    """(N, K) float32, K the method's attributes.

    Args:
        count: int, K.
    """

    def __init__(self, count):
        self.arrays = tf.TensorSpec([None, count], tf.float32)

    def prepared(self, attributes, multiple):
        """As they are."""
        return tf.identity(attributes)


class SeedBorder:
    """(N,) int64, the number of a random choice."""

    arrays = tf.TensorSpec([None], tf.int64)

    @staticmethod
    def prepared(seeds, multiple):
        """As they are."""
        return tf.identity(seeds)


def borders(attributes):
    """dict of a port's kind to how it crosses the border.

    Args:
        attributes: int, how many attributes the method sets.
    """
    return {
        "image": ImageBorder,
        "mask": MaskBorder,
        "masks": MasksBorder,
        "attributes": AttributesBorder(attributes),
        "seed": SeedBorder,
    }


def fits(port, value, image, may_be_empty=False):
    """Guard: a value goes with the images.

    Args:
        port: `Port`.
        value: tensor, its array.
        image: (N, H, W, 3).
        may_be_empty: bool; a mask of 0x0 pixels is allowed.

    Returns:
        An assertion.
    """
    if port.kind == "seed":
        same = tf.shape(value)[0] == tf.shape(image)[0]
        message = f"`{port.name}` must be one number an image"
        return tf.debugging.Assert(same, [message])
    if port.kind == "attributes":
        same = tf.shape(value)[0] == tf.shape(image)[0]
        good = same & tf.reduce_all(tf.math.is_finite(value))
        message = (
            f"`{port.name}` must have one row an image, of finite numbers: 1 "
            "(on), 0 (off), -1 (as it is)"
        )
        return tf.debugging.Assert(good, [message])
    shape = tf.shape(value)
    # (N, H, W, C), or with an instance axis (N, K, H, W, 1).
    sizes = tf.stack([shape[0], shape[-3], shape[-2]])
    good = tf.reduce_all(sizes == tf.shape(image)[:3])
    message = (
        f"`{port.name}` must have the batch size, height and width of `image`"
    )
    if may_be_empty:
        nothing = tf.stack([tf.shape(image)[0], 0, 0])
        good |= tf.reduce_all(sizes == nothing)
        message += ", or 0x0 pixels to be found"
    return tf.debugging.Assert(good, [message])


def decoded_image(data):
    """The bytes of a file to (H, W, 3) uint8."""
    image = tf.io.decode_image(data, channels=3, expand_animations=False)
    return tf.ensure_shape(image, [None, None, 3])


def decoded_images(files):
    """(N,) encoded images of one size to (N, H, W, 3) uint8."""
    return tf.map_fn(decoded_image, files, fn_output_signature=_ONE_IMAGE)


def encoded_images(images):
    """(..., H, W, C) uint8 to (...) PNG bytes."""
    shape = tf.shape(images)
    files = tf.map_fn(
        tf.io.encode_png,
        tf.reshape(images, tf.concat([[-1], shape[-3:]], axis=0)),
        fn_output_signature=tf.TensorSpec([], tf.string),
    )
    return tf.reshape(files, shape[:-3])
