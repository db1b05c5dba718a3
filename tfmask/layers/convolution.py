"""Convolutions padded as the papers' frameworks pad them."""

import keras
import tensorflow as tf

from tfmask.layers.convolve import convolve, convolve_transposed
from tfmask.layers.padding import crop, reflect_pad, zero_pad
from tfmask.ops.arguments import constructor_arguments
from tfmask.ops.precision import exact


def normal_initializer(stddev=0.02, *, truncated=False):
    """Config of a normal initializer; each `get` of it draws anew.

    In Keras 3, an initializer object would give the same values to all kernels
    of one shape.

    Args:
        stddev: float.
        truncated: bool; the distribution is cut at two deviations.
    """
    name = "TruncatedNormal" if truncated else "RandomNormal"
    return {"class_name": name, "config": {"mean": 0.0, "stddev": stddev}}


def torch_initializer():
    """Config of PyTorch's default: uniform in +-1 / sqrt(fan in)."""
    return {
        "class_name": "VarianceScaling",
        "config": {
            "scale": 1.0 / 3.0,
            "mode": "fan_in",
            "distribution": "uniform",
        },
    }


def kaiming_initializer():
    """Config of He's normal initializer for ReLU: variance 2 / fan in."""
    return {
        "class_name": "VarianceScaling",
        "config": {
            "scale": 2.0,
            "mode": "fan_in",
            "distribution": "untruncated_normal",
        },
    }


def xavier_initializer():
    """Config of PyTorch's `xavier_normal_`: Glorot's, which is not cut off."""
    return {
        "class_name": "VarianceScaling",
        "config": {
            "scale": 1.0,
            "mode": "fan_avg",
            "distribution": "untruncated_normal",
        },
    }


def glorot_initializer():
    """Config of Keras' and slim's default, Glorot's uniform one."""
    return {"class_name": "GlorotUniform", "config": {}}


def glorot_normal_initializer(gain=1.0):
    """Config of Glorot's normal initializer, not cut, as PyTorch's.

    Args:
        gain: float, factor of the deviation sqrt(2 / (fan in + fan out)).
    """
    return {
        "class_name": "VarianceScaling",
        "config": {
            "scale": gain**2,
            "mode": "fan_avg",
            "distribution": "untruncated_normal",
        },
    }


def upsample(images):
    """Nearest upsampling by two: (B, H, W, C) to (B, 2H, 2W, C)."""
    return tf.repeat(tf.repeat(images, 2, axis=1), 2, axis=2)


def spectral_norm_iteration(kernel, vector):
    """One power iteration on a kernel seen as a (rest, filters) matrix.

    `v = normalize(W u)`, `u = normalize(W^T v)`, `sigma = v^T W u`. No gradient
    passes through u and v. sigma is differentiable in W.

    Args:
        kernel: (height, width, in, filters) float.
        vector: (1, filters) float, the last estimate of u.

    Returns:
        sigma: scalar; vector: the new (1, filters) estimate.
    """
    matrix = tf.reshape(kernel, [-1, kernel.shape[-1]])
    left = tf.math.l2_normalize(tf.matmul(vector, matrix, transpose_b=True))
    left = tf.stop_gradient(left)
    right = tf.stop_gradient(tf.math.l2_normalize(tf.matmul(left, matrix)))
    sigma = tf.matmul(tf.matmul(left, matrix), right, transpose_b=True)
    return sigma[0, 0], right


@keras.saving.register_keras_serializable(package="tfmask")
class Convolution(keras.layers.Layer):
    """2-D convolution with explicit padding, optionally spectrally normed.

    Args:
        filters: int, output channels.
        kernel_size: int, side of the square kernel.
        strides: int.
        padding: int, pixels added on all four sides, as in PyTorch; or "same",
            as in TensorFlow (more at the bottom and right).
        padding_mode: "zero" or "reflect" (the border pixel is not
            repeated).
        use_bias: bool.
        spectral_normalization: bool; divides the kernel by its largest singular
            value. Each training call makes one power iteration. The optimizer
            updates the raw kernel.
        kernel_initializer: config of a Keras initializer, or None for the
            papers' normal distribution of deviation 0.02.
        **kwargs: arguments of `keras.layers.Layer` (`name`, `dtype`).

    Call arguments:
        inputs: (B, H, W, C) float.
        training: bool; power iterations run only in training.

    Returns:
        (B, H', W', filters) float, H' = (H + 2 padding - kernel) / strides
        + 1 rounded down, or H / strides rounded up for "same".

    Paper: spectral normalisation: Miyato et al. 2018, Eq. (8), Algorithm 1.
    Differs from the paper: no. From `keras.layers.SpectralNormalization`
    and tensorflow-addons' wrapper: those overwrite the kernel with kernel /
    sigma at every training call. The outputs are equal until an optimizer
    changes the kernel. Here it changes the raw kernel, there the scaled one.
    """

    def __init__(
        self,
        filters,
        kernel_size,
        *,
        strides=1,
        padding=0,
        padding_mode="zero",
        use_bias=True,
        spectral_normalization=False,
        kernel_initializer=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if padding_mode not in ("zero", "reflect"):
            raise ValueError(
                f"`padding_mode` must be zero or reflect. Got: {padding_mode!r}"
            )
        whole = isinstance(padding, int) and padding >= 0
        if padding != "same" and not whole:
            raise ValueError(
                f"`padding` must be `same` or 0 or more. Got: {padding!r}"
            )
        self.filters = filters
        self.kernel_size = kernel_size
        self.strides = strides
        self.padding = padding
        self.padding_mode = padding_mode
        self.use_bias = use_bias
        self.spectral_normalization = spectral_normalization
        self.kernel_initializer = kernel_initializer or normal_initializer()

    def build(self, input_shape):
        side = self.kernel_size
        self.kernel = self.add_weight(
            name="kernel",
            shape=(side, side, input_shape[-1], self.filters),
            initializer=keras.initializers.get(self.kernel_initializer),
        )
        if self.use_bias:
            self.bias = self.add_weight(
                name="bias", shape=(self.filters,), initializer="zeros"
            )
        if self.spectral_normalization:
            self.vector = self.add_weight(
                name="vector",
                shape=(1, self.filters),
                initializer=keras.initializers.TruncatedNormal(stddev=0.02),
                trainable=False,
            )
        self.built = True

    def call(self, inputs, training=False):
        return self._with_bias(
            self._convolve(inputs, self._kernel_for_use(training))
        )

    def _kernel_for_use(self, training):
        kernel = tf.convert_to_tensor(self.kernel)
        if self.spectral_normalization:
            kernel = self._normalized(kernel, training)
        return kernel

    def _convolve(self, inputs, kernel):
        inputs, padding = self._pad(inputs)
        return convolve(inputs, kernel, self.strides, padding)

    def _with_bias(self, outputs):
        if not self.use_bias:
            return outputs
        return tf.nn.bias_add(outputs, tf.convert_to_tensor(self.bias))

    def _pad(self, inputs):
        """Padded inputs and what is left to pad for `tf.nn.conv2d`.

        The code avoids its "EXPLICIT" padding. On CPUs the gradients of such a
        convolution run without oneDNN. They are several times slower.
        """
        reflect = self.padding_mode == "reflect"
        if self.padding == "same" or (
            not reflect and all(map(self._same_pads_alike, inputs.shape[1:3]))
        ):
            return inputs, "SAME"
        if self.padding:
            sides = [self.padding, self.padding]
            inputs = (
                reflect_pad(inputs, self.padding)
                if reflect
                else zero_pad(inputs, [[0, 0], sides, sides, [0, 0]])
            )
        return inputs, "VALID"

    def _same_pads_alike(self, size):
        """Whether "SAME" pads `padding` pixels on both ends of a side."""
        if size is None:
            return (
                self.strides == 1 and self.kernel_size == 2 * self.padding + 1
            )
        outputs = -(-size // self.strides)
        needed = (outputs - 1) * self.strides + self.kernel_size - size
        return needed == 2 * self.padding

    def _normalized(self, kernel, training):
        # Half precision is too coarse for a power iteration.
        weights = exact(kernel)
        sigma, updated = spectral_norm_iteration(weights, exact(self.vector))
        if training:
            self.vector.assign(updated)
        return tf.cast(weights / sigma, kernel.dtype)

    def get_config(self):
        return {**super().get_config(), **constructor_arguments(self)}


@keras.saving.register_keras_serializable(package="tfmask")
class TransposedConvolution(keras.layers.Layer):
    """Transposed convolution of stride 2: doubles height and width.

    Args:
        filters: int, output channels.
        kernel_size: 3, 4 or 5. For 4, padding 1 of PyTorch and TensorFlow's
            "SAME" are equal. 5 needs `alignment` "same".
        alignment: for kernels of 3. "torch" is padding 1 and output padding 1
            of PyTorch: the full output without its first row and column. "same"
            is TensorFlow's: the full output without its last row and column.
            The two are one pixel apart.
        use_bias: bool.
        kernel_initializer: config of a Keras initializer, or None for the
            papers' normal distribution of deviation 0.02.
        **kwargs: arguments of `keras.layers.Layer` (`name`, `dtype`).

    Call arguments:
        inputs: (B, H, W, C) float.

    Returns:
        (B, 2H, 2W, filters) float.
    """

    def __init__(
        self,
        filters,
        *,
        kernel_size=3,
        alignment="torch",
        use_bias=True,
        kernel_initializer=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if alignment not in ("torch", "same"):
            raise ValueError(
                f"`alignment` must be torch or same. Got: {alignment!r}"
            )
        if kernel_size not in (3, 4, 5):
            raise ValueError(
                f"`kernel_size` must be 3, 4 or 5. Got: {kernel_size}"
            )
        if kernel_size == 5 and alignment == "torch":
            raise ValueError(
                "`alignment` must be same where kernel_size is 5. Got: 'torch'"
            )
        self.filters = filters
        self.kernel_size = kernel_size
        self.alignment = alignment
        self.use_bias = use_bias
        self.kernel_initializer = kernel_initializer or normal_initializer()

    def build(self, input_shape):
        side = self.kernel_size
        self.kernel = self.add_weight(
            name="kernel",
            shape=(side, side, self.filters, input_shape[-1]),
            initializer=keras.initializers.get(self.kernel_initializer),
        )
        if self.use_bias:
            self.bias = self.add_weight(
                name="bias", shape=(self.filters,), initializer="zeros"
            )
        self.built = True

    def call(self, inputs):
        kernel = tf.convert_to_tensor(self.kernel)
        if self.alignment == "torch" and self.kernel_size == 3:
            outputs = convolve_transposed(inputs, kernel, "VALID")
            # Do not use the explicit padding of conv2d_transpose, see
            # `Convolution._pad`. Do not use outputs[:, 1:, 1:] either; its
            # gradient is five times as slow.
            outputs = crop(outputs, [[0, 0], [1, 0], [1, 0], [0, 0]])
        else:
            outputs = convolve_transposed(inputs, kernel)
        if self.use_bias:
            outputs = tf.nn.bias_add(outputs, tf.convert_to_tensor(self.bias))
        return outputs

    def get_config(self):
        return {**super().get_config(), **constructor_arguments(self)}
