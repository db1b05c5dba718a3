"""Padding by reflection, faster than TensorFlow's on CPUs."""

import tensorflow as tf

from tfmask.ops.gradients import with_gradient


def image_sizes(images):
    """[B, H, W], as ints where they are known when the graph is made."""
    sizes = list(images.shape[:3])
    if None in sizes:
        dynamic = tf.unstack(tf.shape(images)[:3])
        sizes = [
            size if known is None else known
            for known, size in zip(sizes, dynamic, strict=True)
        ]
    return sizes


def reflect_pad(images, pixels):
    """Mirrors the border outwards; the border pixels are not repeated.

    The values and gradients of `tf.pad(mode="REFLECT")`, which computes both
    pixel by pixel: in CycleGAN's step that took a tenth of the time.

    Args:
        images: (B, H, W, C) float; H and W above `pixels`.
        pixels: int, added on all four sides.

    Returns:
        (B, H + 2 pixels, W + 2 pixels, C) float.
    """
    # Below that the two borders' mirror images meet.
    smallest = 2 * pixels + 2
    if any(size is None or size < smallest for size in images.shape[1:3]):
        sides = [pixels, pixels]
        return tf.pad(images, [[0, 0], sides, sides, [0, 0]], "REFLECT")

    def mirrored(inputs):
        for axis in (1, 2):
            size = inputs.shape[axis]
            places = [
                *range(pixels, 0, -1),
                *range(size),
                *range(size - 2, size - 2 - pixels, -1),
            ]
            inputs = tf.gather(inputs, places, axis=axis)
        return inputs

    def gradient(upstream):
        for axis in (1, 2):
            upstream = _fold(upstream, axis, pixels)
        return upstream

    return with_gradient(mirrored, gradient, images)


def _fold(padded, axis, pixels):
    """Adds what was mirrored outwards to where it came from."""
    rest = padded.shape[axis] - 4 * pixels - 2
    sizes = [pixels, 1, pixels, rest, pixels, 1, pixels]
    before, edge, near, middle, far, last_edge, after = tf.split(
        padded, sizes, axis
    )
    near += tf.reverse(before, [axis])
    far += tf.reverse(after, [axis])
    return tf.concat([edge, near, middle, far, last_edge], axis)
