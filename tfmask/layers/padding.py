"""Padding by reflection, faster than TensorFlow's on CPUs."""

import tensorflow as tf

from tfmask.ops.gradients import with_gradient


def image_sizes(images):
    """[B, H, W], as ints where they are known when the graph is made."""
    dynamic = tf.unstack(tf.shape(images)[:3])
    return [
        size if known is None else known
        for known, size in zip(images.shape[:3], dynamic, strict=True)
    ]


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
    size = padded.shape[axis] - 2 * pixels

    def part(start, length):
        begin, lengths = [0] * 4, [-1] * 4
        begin[axis], lengths[axis] = start, length
        return tf.slice(padded, begin, lengths)

    first = tf.reverse(part(0, pixels), [axis])
    last = tf.reverse(part(pixels + size, pixels), [axis])
    return tf.concat(
        [
            part(pixels, 1),
            part(pixels + 1, pixels) + first,
            part(2 * pixels + 1, size - 2 * pixels - 2),
            part(size - 1, pixels) + last,
            part(pixels + size - 1, 1),
        ],
        axis,
    )
