"""A convolution of an image twice as large, without making that image."""

import keras
import tensorflow as tf

from tfmask.layers.convolution import Convolution, upsample
from tfmask.layers.convolve import convolve, convolve_transposed
from tfmask.layers.padding import crop, image_sizes, zero_pad


@keras.saving.register_keras_serializable(package="tfmask")
class UpsamplingConvolution(Convolution):
    """Nearest upsampling by two, then a convolution.

    `y = conv(upsample(x))`. For 3x3 kernels of padding 1, this is computed as a
    4x4 transposed convolution of stride 2. Its kernel has sums of neighbours of
    the 3x3 kernel. It needs 4/9 of the arithmetic. There is no checkerboard,
    because the sums are those of the larger image. For 5x5 kernels of padding
    2, it is a 6x6 transposed convolution with 9/25 of the arithmetic.

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
        shape = (self.kernel_size, self.padding, self.strides)
        if shape not in ((3, 1, 1), (5, 2, 1)):
            return super()._convolve(upsample(inputs), kernel)
        reflect = self.padding_mode == "reflect"
        # This is the border that reflection needs, in pixels of the small
        # image. The second row of the large image repeats its first row.
        padded = inputs
        if reflect:
            sides = [1, 1]
            padded = tf.pad(inputs, [[0, 0], sides, sides, [0, 0]], "SYMMETRIC")
        outputs = convolve_transposed(padded, _kernel_on_small_image(kernel))
        if not reflect:
            return outputs
        if self.padding == 1:
            return _without_border(outputs, 2)
        # The third row of the large image does not repeat its first row. So
        # wide kernels see another border from the outermost rows and columns.
        inner = _without_border(outputs, 3)
        left, right = _outermost(inputs, kernel, 2)
        columns = [_without_ends(left), inner, _without_ends(right)]
        top, bottom = _outermost(inputs, kernel, 1)
        return tf.concat([top, tf.concat(columns, 2), bottom], 1)


def _without_border(images, pixels):
    """Images without so many pixels on all four sides."""
    sides = [pixels, pixels]
    return crop(images, [[0, 0], sides, sides, [0, 0]])


def _without_ends(columns):
    """(B, H, 1, C) without the first and the last pixel."""
    return crop(columns, [[0, 0], [1, 1], [0, 0], [0, 0]])


def _outermost(inputs, kernel, axis):
    """First and last row or column of a 5x5 convolution, reflected.

    There the large image's rows are 2, 1, 0, 1, 2, or the same at its other
    end. Rows 0 and 1 are the outermost row of the small image, and row 2 is the
    next one. So this is a convolution along the row, of these two rows as
    channels.

    Args:
        inputs: (B, H, W, C), the small image.
        kernel: (5, 5, C, filters).
        axis: 1 for rows, (B, 1, 2W, filters) each; 2 for columns,
            (B, 2H, 1, filters).
    """
    turned = [0, axis, 3 - axis, 3]  # columns become rows
    strips = []
    for at_end in (False, True):
        begin, lengths = [0] * 4, [-1] * 4
        begin[axis] = image_sizes(inputs)[axis] - 2 if at_end else 0
        lengths[axis] = 2
        # This avoids `tf.gather`. Its gradient is a segment sum, which has no
        # deterministic form on GPUs.
        pair = tf.split(tf.slice(inputs, begin, lengths), 2, axis)
        inner, outer = pair if at_end else reversed(pair)
        strips.append(tf.concat([inner, outer], 3))
    strips = tf.transpose(tf.concat(strips, 0), turned)
    strips = tf.pad(
        tf.repeat(strips, 2, axis=2),
        [[0, 0], [0, 0], [2, 2], [0, 0]],
        "REFLECT",
    )
    taps = tf.split(kernel, 5, axis - 1)
    taps = tf.concat([taps[0] + taps[4], tf.add_n(taps[1:4])], 2)
    if axis == 2:
        taps = tf.transpose(taps, [1, 0, 2, 3])
    rows = convolve(strips, taps, 1, "VALID")
    return tf.split(tf.transpose(rows, turned), 2)


def _kernel_on_small_image(kernel):
    """(n, n, C, filters) to (n + 1, n + 1, filters, C), transposed.

    A pixel of the small image is two by two pixels of the large one. So every
    tap meets it twice along each side, one place apart.
    """
    # One axis at a time: OpenVINO reads no other `ReverseV2`.
    kernel = tf.reverse(tf.reverse(kernel, [0]), [1])
    for axis in (0, 1):
        before, after = [[0, 0] for _ in range(4)], [[0, 0] for _ in range(4)]
        before[axis], after[axis] = [1, 0], [0, 1]
        kernel = zero_pad(kernel, before) + zero_pad(kernel, after)
    return tf.transpose(kernel, [0, 1, 3, 2])
