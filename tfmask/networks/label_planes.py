"""Attributes as constant planes beside an image or its features."""

import tensorflow as tf


def label_planes(image, attributes):
    """`image` with one constant plane for each attribute.

    Args:
        image: (B, H, W, C) float.
        attributes: (B, K) float.

    Returns:
        (B, H, W, C + K) of the image's dtype.
    """
    shape = tf.shape(image)
    planes = tf.cast(attributes, image.dtype)[:, None, None, :]
    planes = tf.tile(planes, [1, shape[1], shape[2], 1])
    return tf.concat([image, planes], axis=-1)
