"""Soft masks: their range, and their way between sizes."""

import tensorflow as tf

from tfmask.ops.precision import exact

# A map with a smaller span counts as flat. Slopes and activations of an
# untrained network are small. So no number is added to the divisor.
_SMALLEST = 1e-30


def min_max(maps):
    """Every map of every example by itself: `(v - min) / (max - min)`.

    Args:
        maps: (B, h, w, K) float.

    Returns:
        (B, h, w, K) in [0, 1], of the maps' dtype; 0 if a map is flat. The
        divisor is also differentiated. So the scale of the maps does not
        matter.
    """
    maps -= tf.reduce_min(maps, axis=(1, 2), keepdims=True)
    span = tf.reduce_max(maps, axis=(1, 2), keepdims=True)
    some = span > _SMALLEST
    shares = maps / tf.where(some, span, tf.ones_like(span))
    return tf.where(some, shares, tf.zeros_like(maps))


def upsampled(masks, like):
    """(B, h, w, K) masks at the size of (B, H, W, C) images, bilinear."""
    sizes = tf.shape(like)[1:3]
    resized = tf.image.resize(masks, sizes, "bilinear")
    resized = tf.cast(resized, exact(masks).dtype)  # resizing is always float32
    return tf.ensure_shape(resized, (*like.shape[:3], masks.shape[-1]))


def given_or(find, mask, content):
    """The caller's mask at the content's size, else what `find` returns.

    Args:
        find: function without arguments. It returns a mask of that size.
        mask: (B, H, W, 1) float; it is clipped to [0, 1]. None or a mask of 0x0
            pixels means no mask.
        content: (B, h, w, C) float.

    Returns:
        (B, h, w, 1) float32.
    """
    if mask is None:
        return find()
    sides = mask.shape[1:3]
    if sides.is_fully_defined() and sides.num_elements():
        return _at_content_size(mask, content)
    mask_at_size = tf.cond(
        tf.size(mask) > 0, lambda: _at_content_size(mask, content), find
    )
    return tf.ensure_shape(mask_at_size, (*content.shape[:3], 1))


def _at_content_size(mask, content):
    """A caller's mask, averaged over what a pixel of the content covers."""
    mask = tf.clip_by_value(exact(mask), 0.0, 1.0)
    # A mask that has the size of the content is returned equal in every bit.
    resized = tf.image.resize(mask, tf.shape(content)[1:3], "area")
    return tf.ensure_shape(resized, (*content.shape[:3], 1))
