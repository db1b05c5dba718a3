"""Convolutions with many weights and few pixels, on CPUs.

Both gradients, and the transposed convolutions, are products of matrices. With
oneDNN, the widest convolutions themselves are, too.
"""

import math

import tensorflow as tf
from tensorflow.python.util import _pywrap_util_port

from tfmask.ops.gradients import with_gradient

# A product of matrices is quicker up to so many pixels of the smaller image,
# and from so many weights on.
_FEW_PIXELS, _MANY_WEIGHTS = 1024, 2**20
# From so many weights on, a product is quicker than oneDNN's convolution.
_MANY_FOR_ONEDNN = 2**22


def uses_onednn():
    """Whether TensorFlow computes with oneDNN.

    It does so on newer processors, except if TF_ENABLE_ONEDNN_OPTS is 0. Other
    operations are slow then.
    """
    return _pywrap_util_port.IsMklEnabled()


def is_wide(shape, kernel, strides, padding):
    """Whether a layer has many weights and few pixels.

    Args:
        shape: (B, H, W, F), shape of its larger images.
        kernel: (side, side, F, C) float.
        strides: int.
        padding: "SAME" or "VALID".

    Returns:
        bool. False if a size is unknown.
    """
    if not all(isinstance(size, int) for size in shape[:3]):
        return False
    side, weights = kernel.shape[0], math.prod(kernel.shape)
    more = 2 * border(side, padding) - side
    steps = [size + more for size in shape[1:3]]
    if strides == 2:
        fits = side == 4 and not any(step % 2 for step in steps)
    else:
        # With an even kernel, "SAME" pads one end more than the other.
        fits = strides == 1 and (padding == "VALID" or side % 2 == 1)
    pixels = shape[0] * math.prod(step // strides + 1 for step in steps)
    return fits and 0 < pixels <= _FEW_PIXELS and weights >= _MANY_WEIGHTS


def border(side, padding):
    """Rows of zeros at each end of a layer's larger images.

    Args:
        side: int, of the kernel: odd, or 4 with stride 2.
        padding: "SAME" or "VALID".
    """
    return (side - 1) // 2 if padding == "SAME" else 0


def multiplied(padded, kernel, strides):
    """A wide convolution without padding.

    Args:
        padded: (B, H, W, F) float.
        kernel: (side, side, F, C) float.
        strides: int, 1 or 2.

    Returns:
        (B, H', W', C) float.
    """
    multiplies = uses_onednn() and math.prod(kernel.shape) >= _MANY_FOR_ONEDNN
    side = kernel.shape[0]

    def convolved(images, weights):
        if not multiplies:
            return tf.nn.conv2d(images, weights, strides, "VALID")
        batch, height, width, _ = images.shape
        filters = weights.shape[-1]
        product = tf.matmul(
            _taps(images, side, strides),
            tf.reshape(weights, [-1, filters]),
            transpose_a=True,
        )
        sizes = ((size - side) // strides + 1 for size in (height, width))
        return tf.reshape(product, [batch, *sizes, filters])

    def gradient(upstream):
        return (
            adjoint(upstream, kernel, strides),
            _kernel_gradient(padded, upstream, kernel.shape, strides),
        )

    return with_gradient(convolved, gradient, padded, kernel)


def adjoint(inputs, kernel, strides):
    """The adjoint of `multiplied`: (B, H', W', C) to (B, H, W, F)."""
    batch, height, width, channels = inputs.shape
    side, _, filters, _ = kernel.shape

    def product(images, weights):
        taps = tf.matmul(
            tf.reshape(weights, [side * side * filters, channels]),
            tf.reshape(images, [-1, channels]),
            transpose_b=True,
        )
        return _overlapped(taps, (batch, height, width, filters), side, strides)

    def gradient(upstream):
        return (
            multiplied(upstream, kernel, strides),
            _kernel_gradient(upstream, inputs, kernel.shape, strides),
        )

    return with_gradient(product, gradient, inputs, kernel)


def _kernel_gradient(padded, outputs, shape, strides):
    """The gradient of a wide kernel.

    For a single pixel TensorFlow's own gradient is quicker, without oneDNN.

    Args:
        padded: (B, H, W, F), as in `multiplied`.
        outputs: (B, H', W', C).
        shape: (side, side, F, C), shape of the kernel.
        strides: int.
    """
    pixels = math.prod(outputs.shape[:3])
    if pixels > 1 or uses_onednn():
        flat = tf.reshape(outputs, [pixels, shape[-1]])
        return tf.reshape(
            tf.matmul(_taps(padded, shape[0], strides), flat), shape
        )
    return tf.raw_ops.Conv2DBackpropFilter(
        input=padded,
        filter_sizes=shape,
        out_backprop=outputs,
        strides=[1, strides, strides, 1],
        padding="VALID",
    )


def _taps(padded, side, strides):
    """What each tap of a kernel sees.

    Args:
        padded: (B, H, W, F). `strides` divides H, W and the kernel's side.
        side: int, of the kernel.
        strides: int.

    Returns:
        (side side F, B H' W'). The rows are in the order of a kernel (side,
        side, F), the columns in the order of pixels.
    """
    batch, height, width, filters = padded.shape
    count, rows, columns = (n // strides for n in (side, height, width))
    height, width = rows - count + 1, columns - count + 1
    # Tap strides a + b sees row strides (i + a) + b.
    phases = tf.reshape(
        padded, [batch, rows, strides, columns, strides, filters]
    )
    phases = tf.transpose(phases, [2, 4, 5, 0, 1, 3])
    windows = [
        phases[..., a : a + height, c : c + width]
        for a in range(count)
        for c in range(count)
    ]
    # (a, c, b, d, F, B, H', W')
    windows = tf.reshape(
        tf.stack(windows),
        [count, count, strides, strides, filters, batch, height, width],
    )
    windows = tf.transpose(windows, [0, 2, 1, 3, 4, 5, 6, 7])
    return tf.reshape(windows, [side * side * filters, batch * height * width])


def _overlapped(taps, shape, side, strides):
    """The adjoint of `_taps`: adds up what falls on the same pixel.

    Args:
        taps: (side side F, B H' W').
        shape: (B, H', W', F), ints.
        side: int, of the kernel.
        strides: int.

    Returns:
        (B, H, W, F).
    """
    batch, height, width, filters = shape
    count = side // strides
    taps = tf.reshape(
        taps,
        [count, strides, count, strides, filters, batch, height, width],
    )
    # (a, b, c, d, F, B, H', W'); each sum takes the first axis away.
    rows = _shifted_sum(taps, 5)
    rows = tf.transpose(rows, [1, 0, 2, 3, 4, 5, 6])
    phases = _shifted_sum(rows, 5)
    # (b, d, F, B, rows, columns)
    rows, columns = height + count - 1, width + count - 1
    return tf.reshape(
        tf.transpose(phases, [3, 4, 0, 5, 1, 2]),
        [batch, strides * rows, strides * columns, filters],
    )


def _shifted_sum(parts, axis):
    """Sum over the first axis. Part n begins n pixels later on an axis.

    Args:
        parts: tensor.
        axis: int, among the axes of a part.
    """
    last, rank = parts.shape[0] - 1, parts.shape.rank - 1

    def shifted(number):
        ends = [[0, 0]] * rank
        ends[axis] = [number, last - number]
        return tf.pad(parts[number], ends)

    return tf.add_n([shifted(number) for number in range(last + 1)])
