"""Random changes of images and masks inside of a training step."""

import math

import tensorflow as tf

from tfmask.ops.precision import exact, mean_over

# One example needs so many numbers in [0, 1).
DRAWS = 8
VIEW_DRAWS = 7


def recoloured(image, brightness, saturation, contrast):
    """Images of other colours.

    Args:
        image: (B, H, W, C) float.
        brightness: (B, 1, 1, 1), the number to add.
        saturation: (B, 1, 1, 1), factor of the distance from the grey of the
            pixel.
        contrast: (B, 1, 1, 1), factor of the distance from the mean of the
            image.

    Returns:
        (B, H, W, C) of the image's dtype; not clipped.
    """
    image = image + brightness
    grey = tf.reduce_mean(image, axis=-1, keepdims=True)
    image = grey + (image - grey) * saturation
    mean = tf.cast(mean_over(image, (2, 1, 3), keepdims=True), image.dtype)
    return mean + (image - mean) * contrast


def augmented(image, mask, drawn):
    """An image and its mask, moved and mirrored alike; other colours.

    Both are mirrored with probability one half, turned by up to 10 degrees,
    scaled by .75 to 1.25 and shifted by up to an eighth of a side. Brightness
    changes by +-.3, saturation by .5 to 1.5, contrast by .7 to 1.3. New pixels
    at the borders are reflections.

    Args:
        image: (B, H, W, 3) float in [-1, 1].
        mask: (B, H, W, 1) float in [0, 1].
        drawn: (B, `DRAWS`) float, uniform in [0, 1).

    Returns:
        Image and mask, float32 of the same sizes and ranges.
    """
    image = exact(image)
    height, width = image.shape[1:3]
    between = _between(tf.unstack(tf.cast(drawn, image.dtype), axis=1))
    mirror = tf.where(between(0.0, 1.0) < 0.5, -1.0, 1.0)
    angle = between(-math.pi / 18, math.pi / 18)
    scale = between(0.75, 1.25)
    across = between(-width / 8, width / 8)
    down = between(-height / 8, height / 8)
    # From a pixel of the result to the pixel of the source: a turn about the
    # centre, then the shift.
    cosine, sine = tf.cos(angle) / scale, tf.sin(angle) / scale
    middle_x, middle_y = (width - 1) / 2, (height - 1) / 2
    rows = [mirror * cosine, -mirror * sine, sine, cosine]
    offset_x = middle_x - rows[0] * middle_x - rows[1] * middle_y + across
    offset_y = middle_y - rows[2] * middle_x - rows[3] * middle_y + down
    nothing = tf.zeros_like(angle)
    transform = [*rows[:2], offset_x, *rows[2:], offset_y, nothing, nothing]
    both = tf.concat([image, tf.cast(mask, image.dtype)], axis=-1)
    moved = tf.raw_ops.ImageProjectiveTransformV3(
        images=both,
        transforms=tf.cast(tf.stack(transform, axis=1), tf.float32),
        output_shape=tf.constant([height, width]),
        fill_value=0.0,
        interpolation="BILINEAR",
        fill_mode="REFLECT",
    )
    image, mask = moved[..., :3], moved[..., 3:]
    colours = [between(*ends) for ends in ((-0.3, 0.3), (0.5, 1.5), (0.7, 1.3))]
    colours = [values[:, None, None, None] for values in colours]
    return tf.clip_by_value(recoloured(image, *colours), -1.0, 1.0), mask


def random_view(images, views, drawn):
    """What a discriminator sees in place of images, so that it learns less
    of few images by heart.

    Every change is differentiable and keeps the size. "colour" changes
    brightness by +-.5, saturation by 0 to 2 and contrast by .5 to 1.5.
    "translation" shifts by up to an eighth of a side; new pixels are zeros.
    "cutout" sets a square of half a side to 0.

    Args:
        images: (B, H, W, C) float in [-1, 1].
        views: collection of these names.
        drawn: (B, `VIEW_DRAWS`) float, uniform in [0, 1).

    Returns:
        (B, H, W, C) of the images' dtype.

    Paper: Zhao et al. 2020, "Differentiable Augmentation for Data-Efficient
    GAN Training", section 3.
    Differs from the paper: no. From the authors' code: the same parameters.
    """
    height, width = images.shape[1:3]
    drawn = tf.unstack(tf.cast(drawn, images.dtype), axis=1)
    between = _between(drawn)
    colours = [between(*ends) for ends in ((-0.5, 0.5), (0.0, 2.0), (0.5, 1.5))]
    shifts = [between(-1 / 8, 1 / 8) for _ in range(2)]
    corners = [between(-1 / 4, 3 / 4) for _ in range(2)]
    if "colour" in views:
        colours = [values[:, None, None, None] for values in colours]
        images = recoloured(images, *colours)
    if "translation" in views:
        # These are products with matrices, because a gather has no
        # deterministic gradient on GPUs.
        down, across = (
            _shift_matrix(shift, side, images.dtype)
            for shift, side in zip(shifts, (height, width), strict=True)
        )
        images = tf.einsum("bhk,bkwc->bhwc", down, images)
        images = tf.einsum("bwk,bhkc->bhwc", across, images)
    if "cutout" in views:
        inside = [
            _span(corner, side, images.dtype)
            for corner, side in zip(corners, (height, width), strict=True)
        ]
        inside = inside[0][:, :, None, None] * inside[1][:, None, :, None]
        images = images * (1.0 - inside)
    return images


def _shift_matrix(share, side, dtype):
    """(B, side, side): row i has its one at i plus the shift, if inside."""
    shift = tf.cast(tf.round(share * side), tf.int32)
    return tf.one_hot(tf.range(side) + shift[:, None], side, dtype=dtype)


def _span(start, side, dtype):
    """(B, side): 1 from a share of the side on, for half a side."""
    first = tf.cast(tf.round(start * side), tf.int32)[:, None]
    places = tf.range(side)
    return tf.cast((places >= first) & (places < first + side // 2), dtype)


def _between(drawn):
    """Function of two ends that uses up one of the drawn numbers."""
    numbers = iter(drawn)
    return lambda low, high: low + (high - low) * next(numbers)
