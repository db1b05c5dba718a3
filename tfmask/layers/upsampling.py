"""A convolution of an image twice as large, without making that image."""

import keras
import tensorflow as tf

from tfmask.layers.convolution import Convolution, upsample
from tfmask.layers.padding import image_sizes


@keras.saving.register_keras_serializable(package="tfmask")
class UpsamplingConvolution(Convolution):
    """Nearest upsampling by two, then a convolution.

    `y = conv(upsample(x))`. For 3x3 kernels of padding 1 that is a 4x4
    transposed convolution of stride 2, whose kernel sums neighbours of the
    3x3 one: 4/9 of the arithmetic and no checkerboard, since the sums are
    those of the larger image.

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
        if (self.kernel_size, self.padding, self.strides) != (3, 1, 1):
            return super()._convolve(upsample(inputs), kernel)
        batch, height, width = image_sizes(inputs)
        # The border that reflection needs, in pixels of the small image: the
        # large one's second row repeats its first.
        border = 1 if self.padding_mode == "reflect" else 0
        if border:
            sides = [border, border]
            paddings = [[0, 0], sides, sides, [0, 0]]
            inputs = tf.pad(inputs, paddings, "SYMMETRIC")
        sizes = [2 * (height + 2 * border), 2 * (width + 2 * border)]
        outputs = tf.nn.conv2d_transpose(
            inputs,
            _kernel_on_small_image(kernel),
            [batch, *sizes, self.filters],
            2,
            "SAME",
        )
        if border:
            outputs = tf.slice(
                outputs,
                [0, 2, 2, 0],
                [batch, 2 * height, 2 * width, self.filters],
            )
        return outputs


def _kernel_on_small_image(kernel):
    """(3, 3, C, filters) of a convolution to (4, 4, filters, C) transposed.

    A pixel of the small image is two by two of the large one, so that every
    tap meets it twice along each side, one place apart.
    """
    kernel = tf.reverse(kernel, [0, 1])
    for axis in (0, 1):
        before, after = [[0, 0] for _ in range(4)], [[0, 0] for _ in range(4)]
        before[axis], after[axis] = [1, 0], [0, 1]
        kernel = tf.pad(kernel, before) + tf.pad(kernel, after)
    return tf.transpose(kernel, [0, 1, 3, 2])
