"""Convolutions, and transposed ones, that are quick on CPUs."""

import functools

import tensorflow as tf

from tfmask.layers.padding import crop, image_sizes, zero_pad
from tfmask.layers.wide import (
    adjoint,
    border,
    is_wide,
    multiplied,
    uses_onednn,
)
from tfmask.ops.gradients import with_gradient
from tfmask.ops.precision import exact, is_slow

# Up to so many channels or filters, a layer has its rows in channels.
_FEW_CHANNELS, _FEW_FILTERS = 4, 8
# Numbers of float32 in 2 KiB.
_PAGE = 512


def _quick_precision(function):
    """A function of inputs and kernel, in float32 where theirs is slow."""

    @functools.wraps(function)
    def computed(inputs, kernel, *args):
        if not is_slow(inputs.dtype):
            return function(inputs, kernel, *args)
        outputs = function(exact(inputs), exact(kernel), *args)
        return tf.cast(outputs, inputs.dtype)

    return computed


@_quick_precision
def convolve(inputs, kernel, strides, padding):
    """`tf.nn.conv2d`, computed by whichever operations are quicker.

    The values are the same except for the order of sums.

    - TensorFlow's gradient of the inputs multiplies matrices and adds the parts
      that overlap. Here it is a convolution with the flipped kernel, if it has
      the same number of pixels or fewer channels to read.
    - TensorFlow's gradient of the kernel reads the inputs once for each tap and
      channel. If there are fewer filters than channels, it is here that of a
      layer from filters to channels.
    - Both gradients of a wide layer with few pixels are products of matrices,
      as `convolve_transposed` is. With oneDNN, so are the widest layers.
    - A layer to or from the few channels of an image has its rows in channels,
      because narrow products of matrices are slow.
    - See `_kernel_gradient` for numbers of channels that are powers of two.

    If TensorFlow sees a GPU, its own operations stay, because cuDNN has quick
    ones.

    Args:
        inputs: (B, H, W, C) float.
        kernel: (side, side, C, filters) float.
        strides: int.
        padding: "SAME" or "VALID".

    Returns:
        (B, H', W', filters) float.
    """
    if tf.config.get_visible_devices("GPU"):
        return tf.nn.conv2d(inputs, kernel, strides, padding)
    side, _, channels, filters = kernel.shape
    same = padding == "SAME"
    if is_wide(inputs.shape, kernel, strides, padding):
        edge = border(side, padding)
        return multiplied(_bordered(inputs, edge, edge), kernel, strides)
    # With an even kernel, "SAME" pads one end more than the other. If there is
    # only one row or column of outputs, its border is larger than itself.
    around = side % 2 == 1 if same else side not in inputs.shape[1:3]
    flat = strides == 1 and side > 1 and around
    narrows = filters < channels
    if flat and narrows and filters <= _FEW_FILTERS:
        return _to_few_filters(inputs, kernel, padding)
    # With known sizes, as in training. It is the gradients that are quicker.
    known = None not in inputs.shape[1:3]
    if flat and known and channels <= _FEW_CHANNELS and side >= 5:
        return _from_few_channels(inputs, kernel, padding)
    flips = flat and (same or narrows)
    if not flips and not _collides(kernel.shape):
        return tf.nn.conv2d(inputs, kernel, strides, padding)

    def gradient(upstream):
        padded = upstream if same else _bordered(upstream, side - 1, side - 1)
        if flips:
            of_inputs = tf.nn.conv2d(padded, _flipped(kernel), 1, padding)
        else:
            of_inputs = tf.nn.conv2d_transpose(
                upstream, kernel, tf.shape(inputs), strides, padding
            )
        if flips and narrows:
            swapped = (side, side, filters, channels)
            return of_inputs, _flipped(
                _kernel_gradient(padded, inputs, swapped, 1, padding)
            )
        return of_inputs, _kernel_gradient(
            inputs, upstream, kernel.shape, strides, padding
        )

    return with_gradient(
        lambda images, weights: tf.nn.conv2d(images, weights, strides, padding),
        gradient,
        inputs,
        kernel,
    )


def _collides(shape):
    """Whether what all taps see of a pixel's channels fills whole pages.

    Only TensorFlow's own gradient of a kernel is slow then, not oneDNN's.

    Args:
        shape: (height, width, channels, filters) of a kernel.
    """
    height, width, channels, _ = shape
    taps = height * width
    return taps > 1 and taps * channels % _PAGE == 0 and not uses_onednn()


def _kernel_gradient(inputs, upstream, shape, strides, padding):
    """TensorFlow's gradient of a kernel.

    It makes a matrix with a row for each pixel: what all taps see. Then it
    reads the columns. If a row has a multiple of 2 KiB, all numbers of a column
    are in the same few places of the processor's cache, and it takes twice as
    long. So the inputs get one more channel, of zeros.

    Args:
        inputs: (B, H, W, C).
        upstream: (B, H', W', filters).
        shape: (height, width, C, filters), shape of the kernel.
        strides: int.
        padding: "SAME" or "VALID".
    """
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


def _bordered(images, rows, columns):
    """Images with so many rows and columns of zeros on all four sides."""
    if not rows and not columns:
        return images
    return zero_pad(images, _ends(rows, columns))


def _ends(rows, columns):
    """The ends of images' axes, for `zero_pad` and `crop`."""
    return [[0, 0], [rows, rows], [columns, columns], [0, 0]]


def _flipped(kernel):
    """A kernel turned by half a turn, from its filters to its channels."""
    # This reverses one axis at a time, because OpenVINO reads no other
    # `ReverseV2`.
    return tf.transpose(tf.reverse(tf.reverse(kernel, [0]), [1]), [0, 1, 3, 2])


def _rows_in_channels(images, side):
    """(B, H, W, C) to (B, H - side + 1, W, side C): so many rows at once."""
    ends = ([[0, 0], [n, side - 1 - n], [0, 0], [0, 0]] for n in range(side))
    return tf.concat([crop(images, cuts) for cuts in ends], 3)


def _rows_in_kernel(kernel):
    """The kernel for `_rows_in_channels`: (1, side, side C, filters)."""
    side, _, channels, filters = kernel.shape
    return tf.reshape(
        tf.transpose(kernel, [1, 0, 2, 3]),
        [1, side, side * channels, filters],
    )


def _from_few_channels(inputs, kernel, padding):
    """A convolution of stride 1 of an image, with an odd kernel for "SAME"."""
    side = kernel.shape[0]
    bordered = _bordered(inputs, border(side, padding), 0)
    rows = _rows_in_channels(bordered, side)
    return tf.nn.conv2d(rows, _rows_in_kernel(kernel), 1, padding)


def _to_few_filters(inputs, kernel, padding):
    """A convolution of stride 1 to an image, with an odd kernel for "SAME".

    It computes the sums along the width for each row of the kernel. Then it
    adds these rows.
    """
    side, _, channels, filters = kernel.shape
    around = border(side, padding)

    def function(images, weights):
        weights = tf.reshape(
            tf.transpose(weights, [1, 2, 0, 3]),
            [1, side, channels, side * filters],
        )
        sums = tf.nn.conv2d(images, weights, 1, padding)
        sums = tf.split(_bordered(sums, around, 0), side, 3)
        height = image_sizes(sums[0])[1] - side + 1
        return tf.add_n(
            [
                tf.slice(row, [0, n, 0, 0], [-1, height, -1, -1])
                for n, row in enumerate(sums)
            ]
        )

    def gradient(upstream):
        columns = 0 if padding == "SAME" else side - 1
        padded = _bordered(upstream, side - 1 - around, columns)
        rows = _rows_in_channels(padded, side)
        of_inputs = tf.nn.conv2d(
            rows, _rows_in_kernel(_flipped(kernel)), 1, padding
        )
        shape = (1, side, side * filters, channels)
        swapped = _kernel_gradient(rows, inputs, shape, 1, padding)
        swapped = tf.reshape(swapped, [side, side, filters, channels])
        return of_inputs, _flipped(tf.transpose(swapped, [1, 0, 2, 3]))

    return with_gradient(function, gradient, inputs, kernel)


@_quick_precision
def convolve_transposed(inputs, kernel, padding="SAME"):
    """`tf.nn.conv2d_transpose` of stride 2.

    TensorFlow multiplies by a transposed kernel. With a wide kernel (4x4) and a
    few pixels, this takes ten times as long as the product in the other order.
    Such layers are the inner layers of a U-Net and the last layers of StarGAN's
    critic. Here the kernel comes first in these layers, except with a GPU.

    Args:
        inputs: (B, H, W, C) float.
        kernel: (side, side, filters, C) float.
        padding: "SAME" or "VALID".

    Returns:
        (B, 2H, 2W, filters) float for "SAME", with side - 2 more rows and
        columns for "VALID".
    """
    batch, height, width = image_sizes(inputs)
    side, _, filters, _ = kernel.shape
    more = side - 2 if padding == "VALID" else 0
    shape = (batch, 2 * height + more, 2 * width + more, filters)

    def function(images, weights):
        return tf.nn.conv2d_transpose(images, weights, shape, 2, padding)

    if tf.config.get_visible_devices("GPU"):
        return function(inputs, kernel)
    if padding == "SAME" and is_wide(shape, kernel, 2, padding):
        return crop(adjoint(inputs, kernel, 2), _ends(1, 1))
    if not _collides(kernel.shape):
        return function(inputs, kernel)

    def gradient(upstream):
        return tf.nn.conv2d(upstream, kernel, 2, padding), _kernel_gradient(
            upstream, inputs, kernel.shape, 2, padding
        )

    return with_gradient(function, gradient, inputs, kernel)
