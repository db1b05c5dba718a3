"""Convolutions of stride 2 with wide kernels and few pixels, on CPUs.

Both gradients, and the transposed convolutions, are products of matrices. With
oneDNN, the widest convolutions themselves are, too.
"""

import math

import tensorflow as tf
from tensorflow.python.util import _pywrap_util_port

from tfmask.ops.gradients import with_gradient

# Limits for a 4x4 kernel of stride 2. A product of matrices is quicker up to so
# many pixels of the smaller image, and from so many weights on.
_FEW_PIXELS, _MANY_WEIGHTS = 1024, 2**20
# From so many weights on, a product is quicker than oneDNN's convolution.
_MANY_FOR_ONEDNN = 2**22


def uses_onednn():
    """Whether TensorFlow computes with oneDNN.

    It does so on newer processors, except if TF_ENABLE_ONEDNN_OPTS is 0. Other
    operations are slow then.
    """
    return _pywrap_util_port.IsMklEnabled()


def halves_few_pixels(shape, kernel, border=0):
    """Whether a layer of stride 2 has few pixels and many weights.

    Args:
        shape: (B, 2H + border, 2W + border, F), shape of its larger images.
        kernel: (height, width, F, C) float.
        border: int, pixels of the larger images that are padding.
    """
    sizes = shape[:3]
    if not all(isinstance(size, int) for size in sizes):
        return False
    batch, height, width = sizes[0], sizes[1] - border, sizes[2] - border
    return (
        kernel.shape[:2] == (4, 4)
        and not (height % 2 or width % 2)
        and 0 < batch * height * width <= 4 * _FEW_PIXELS
        and math.prod(kernel.shape) >= _MANY_WEIGHTS
    )


def halved(padded, kernel):
    """A wide convolution of stride 2.

    Args:
        padded: (B, 2H + 2, 2W + 2, F) float.
        kernel: (4, 4, F, C) float.

    Returns:
        (B, H, W, C) float.
    """
    multiplies = uses_onednn() and math.prod(kernel.shape) >= _MANY_FOR_ONEDNN

    def convolved(images, weights):
        if not multiplies:
            return tf.nn.conv2d(images, weights, 2, "VALID")
        batch, height, width, _ = images.shape
        filters = weights.shape[-1]
        flat = tf.reshape(weights, [-1, filters])
        product = tf.matmul(_taps(images), flat, transpose_a=True)
        sizes = [batch, height // 2 - 1, width // 2 - 1, filters]
        return tf.reshape(product, sizes)

    def gradient(upstream):
        return (
            doubled(upstream, kernel),
            _wide_kernel_gradient(padded, upstream, kernel.shape),
        )

    return with_gradient(convolved, gradient, padded, kernel)


def doubled(inputs, kernel):
    """The adjoint of `halved`: (B, H, W, C) to (B, 2H + 2, 2W + 2, F)."""
    batch, height, width, channels = inputs.shape
    filters = kernel.shape[2]

    def product(images, weights):
        taps = tf.matmul(
            tf.reshape(weights, [16 * filters, channels]),
            tf.reshape(images, [-1, channels]),
            transpose_b=True,
        )
        return _overlapped(taps, (batch, height, width, filters))

    def gradient(upstream):
        return (
            halved(upstream, kernel),
            _wide_kernel_gradient(upstream, inputs, kernel.shape),
        )

    return with_gradient(product, gradient, inputs, kernel)


def _wide_kernel_gradient(padded, halved, shape):
    """The gradient of a wide kernel.

    For a single pixel TensorFlow's own gradient is quicker, without oneDNN.

    Args:
        padded: (B, 2H + 2, 2W + 2, F), as in `halved`.
        halved: (B, H, W, C).
        shape: (4, 4, F, C), shape of the kernel.
    """
    pixels = math.prod(halved.shape[:3])
    if pixels > 1 or uses_onednn():
        flat = tf.reshape(halved, [pixels, shape[-1]])
        return tf.reshape(tf.matmul(_taps(padded), flat), shape)
    return tf.raw_ops.Conv2DBackpropFilter(
        input=padded,
        filter_sizes=shape,
        out_backprop=halved,
        strides=[1, 2, 2, 1],
        padding="VALID",
    )


def _taps(padded):
    """What each tap of a 4x4 kernel of stride 2 sees.

    Args:
        padded: (B, 2H + 2, 2W + 2, F).

    Returns:
        (16 F, B H W). The rows are in the order of a kernel (4, 4, F), the
        columns in the order of pixels.
    """
    batch, height, width, filters = padded.shape
    height, width = height // 2 - 1, width // 2 - 1
    # Tap 2a + b sees row 2(i + a) + b.
    pairs = tf.reshape(padded, [batch, height + 1, 2, width + 1, 2, filters])
    pairs = tf.transpose(pairs, [2, 4, 5, 0, 1, 3])
    windows = [
        pairs[..., a : a + height, c : c + width]
        for a in (0, 1)
        for c in (0, 1)
    ]
    # (a, c, b, d, F, B, H, W)
    windows = tf.reshape(
        tf.stack(windows), [2, 2, 2, 2, filters, batch, height, width]
    )
    windows = tf.transpose(windows, [0, 2, 1, 3, 4, 5, 6, 7])
    return tf.reshape(windows, [16 * filters, batch * height * width])


def _overlapped(taps, shape):
    """The adjoint of `_taps`: adds up what falls on the same pixel.

    Args:
        taps: (16 F, B H W).
        shape: (B, H, W, F), ints.

    Returns:
        (B, 2H + 2, 2W + 2, F).
    """
    batch, height, width, filters = shape
    taps = tf.reshape(taps, [2, 2, 2, 2, filters, batch, height, width])
    # (a, b, c, d, F, B, H, W); each addition takes the first axis away.
    rows = _shifted_sum(taps, [0, 0, 0, 0, 0, 1, 0])
    rows = tf.transpose(rows, [1, 0, 2, 3, 4, 5, 6])
    pairs = _shifted_sum(rows, [0, 0, 0, 0, 0, 1])
    # (b, d, F, B, H + 1, W + 1)
    return tf.reshape(
        tf.transpose(pairs, [3, 4, 0, 5, 1, 2]),
        [batch, 2 * height + 2, 2 * width + 2, filters],
    )


def _shifted_sum(pair, shift):
    """`pair[0] + pair[1]`, of which the second begins a pixel later."""
    later = [[size, 0] for size in shift]
    sooner = [[0, size] for size in shift]
    return tf.pad(pair[0], sooner) + tf.pad(pair[1], later)
