"""Half and twice the size through a blur: no aliasing, no checkerboard."""

import keras
import numpy as np
import tensorflow as tf

from tfmask.layers.convolution import Convolution
from tfmask.layers.padding import image_sizes, reflect_pad

_TAPS = np.outer([1, 2, 1], [1, 2, 1]) / 16


def blur_pool(images):
    """Every second pixel of images blurred by [1, 2, 1] / 4 along each side.

    The border is reflected. The first pixel of the result is the blurred first
    pixel of the image.

    Args:
        images: (B, H, W, C) float; H and W 2 or more.

    Returns:
        (B, H / 2, W / 2, C) float; the sizes are rounded up.

    Paper: Zhang 2019, "Making Convolutional Networks Shift-Invariant Again",
    section 3.2.

    Examples:
        >>> image = np.arange(16.0).reshape(1, 4, 4, 1)
        >>> blur_pool(tf.constant(image))[0, :, :, 0].numpy().tolist()
        [[2.5, 4.0], [8.5, 10.0]]
    """
    taps = tf.constant(_TAPS[:, :, None, None], images.dtype)
    return tf.nn.depthwise_conv2d(
        reflect_pad(images, 1),
        tf.tile(taps, [1, 1, images.shape[-1], 1]),
        [1, 2, 2, 1],
        "VALID",
    )


def blur_upsample(images):
    """Twice the size, each new pixel .75 of the next old one, .25 of another.

    Along each side it is a transposed convolution of stride 2 with the kernel
    [1, 3, 3, 1] / 4 and a repeated border. It is equal to bilinear resizing.

    Args:
        images: (B, H, W, C) float.

    Returns:
        (B, 2H, 2W, C) of the images' dtype.

    Examples:
        >>> blur_upsample(tf.constant([[[[0.0], [4.0]]]]))[0, 0, :, 0].numpy()
        array([0., 1., 3., 4.], dtype=float32)
    """
    # `tf.image.resize` cannot compute in float64.
    for axis in (1, 2):
        shape = [*image_sizes(images), images.shape[-1]]
        count = shape[axis]

        def part(start, length, axis=axis, images=images):
            begin, lengths = [0] * 4, [-1] * 4
            begin[axis], lengths[axis] = start, length
            return tf.slice(images, begin, lengths)

        before = tf.concat([part(0, 1), part(0, count - 1)], axis)
        after = tf.concat([part(1, count - 1), part(count - 1, 1)], axis)
        near = 0.75 * images
        pairs = [near + 0.25 * before, near + 0.25 * after]
        shape[axis] = 2 * count
        images = tf.reshape(tf.stack(pairs, axis + 1), shape)
    return images


@keras.saving.register_keras_serializable(package="tfmask")
class BlurredUpsamplingConvolution(Convolution):
    """`blur_upsample`, then a convolution.

    Args:
        *args, **kwargs: see `Convolution`; `padding` counts pixels of the
            larger image.

    Call arguments:
        inputs: (B, H, W, C) float.
        training: bool; power iterations run in training only.

    Returns:
        (B, H', W', filters) float: `Convolution`'s of (B, 2H, 2W, C).
    """

    def _convolve(self, inputs, kernel):
        return super()._convolve(blur_upsample(inputs), kernel)
