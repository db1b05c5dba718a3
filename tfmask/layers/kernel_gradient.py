"""The gradient of a convolution's kernel, on CPUs.

TensorFlow's own operation is slow in two cases. `is_quicker` tells where
`kernel_gradient` computes the same in another way.
"""

import tensorflow as tf

from tfmask.layers.padding import image_sizes, zero_pad
from tfmask.layers.wide import border, uses_onednn

# Numbers of float32 in 2 KiB.
_PAGE = 512
# With oneDNN, products of matrices are quicker up to so many pixels. From so
# many products of numbers of a tap on, this is worth the larger graph.
_FEW_PIXELS, _MANY_PRODUCTS = 2**14, 2**24


def is_quicker(images_shape, shape, strides, padding):
    """Whether `kernel_gradient` is quicker than TensorFlow's operation.

    Args:
        images_shape: (B, H, W, C), shape of the layer's inputs.
        shape: (height, width, C, filters), shape of the kernel.
        strides: int.
        padding: "SAME" or "VALID".
    """
    return _collides(shape) or _multiplies(
        images_shape, shape, strides, padding
    )


def kernel_gradient(inputs, upstream, shape, strides, padding):
    """The gradient of a kernel.

    Without oneDNN, TensorFlow makes a matrix with a row for each pixel: what
    all taps see. Then it reads the columns. If a row has a multiple of 2 KiB,
    all numbers of a column are in the same few places of the processor's cache,
    and it takes twice as long. So the inputs get one more channel, of zeros.

    With oneDNN, a product of matrices for each tap is quicker in most layers
    of stride 1: by 4 to 25 % in float32, by 15 to 45 % in bfloat16.

    Args:
        inputs: (B, H, W, C).
        upstream: (B, H', W', filters).
        shape: (height, width, C, filters), shape of the kernel. For "SAME"
            with stride 1, the sides are odd.
        strides: int.
        padding: "SAME" or "VALID".
    """
    if _multiplies(inputs.shape, shape, strides, padding):
        return _products(inputs, upstream, shape, padding)
    height, width, channels, filters = shape
    more = int(_collides(shape))
    if more:
        inputs = tf.pad(inputs, [[0, 0], [0, 0], [0, 0], [0, 1]])
    result = tf.raw_ops.Conv2DBackpropFilter(
        input=inputs,
        filter_sizes=(height, width, channels + more, filters),
        out_backprop=upstream,
        strides=[1, strides, strides, 1],
        padding=padding,
    )
    return result[:, :, :channels] if more else result


def _collides(shape):
    """Whether what all taps see of a pixel's channels fills whole pages.

    Only TensorFlow's own gradient of a kernel is slow then, not oneDNN's.
    """
    height, width, channels, _ = shape
    taps = height * width
    return taps > 1 and taps * channels % _PAGE == 0 and not uses_onednn()


def _multiplies(images_shape, shape, strides, padding):
    """Whether products of matrices are quicker. See `is_quicker`."""
    height, width, channels, filters = shape
    sizes = images_shape[:3]
    if strides > 1 or height * width == 1 or None in sizes:
        return False
    if padding == "SAME" and not height % 2 == width % 2 == 1:
        return False
    batch, rows, columns = sizes
    if padding == "VALID":
        rows, columns = rows - height + 1, columns - width + 1
    pixels, weights = batch * rows * columns, channels * filters
    few = pixels <= _FEW_PIXELS and pixels < weights
    return few and pixels * weights >= _MANY_PRODUCTS and uses_onednn()


def _products(inputs, upstream, shape, padding):
    """A product of matrices for each tap. See `kernel_gradient`."""
    height, width, channels, filters = shape
    around, beside = border(height, padding), border(width, padding)
    if around or beside:
        ends = [[0, 0], [around, around], [beside, beside], [0, 0]]
        inputs = zero_pad(inputs, ends)
    flat = tf.reshape(upstream, [-1, filters])
    _, rows, columns = image_sizes(upstream)
    # All taps share these tensors, so that the graph is smaller.
    sizes = tf.constant([-1, rows, columns, -1])
    pixels = tf.constant([-1, channels])
    products = []
    for row in range(height):
        for column in range(width):
            seen = tf.slice(inputs, [0, row, column, 0], sizes)
            seen = tf.reshape(seen, pixels)
            products.append(tf.matmul(seen, flat, transpose_a=True))
    return tf.reshape(tf.stack(products), shape)
