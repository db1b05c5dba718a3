"""The residual block of the ResNet generators."""

import keras
import tensorflow as tf

from tfmask.layers.convolution import Convolution
from tfmask.layers.normalization import normalization_layer
from tfmask.ops.arguments import constructor_arguments
from tfmask.ops.gradients import Recomputing


@keras.saving.register_keras_serializable(package="tfmask")
class ResidualBlock(Recomputing, keras.layers.Layer):
    """Two 3x3 convolutions, each normalised, added to the input.

    `y = x + N(conv(relu(N(conv(x)))))`, then ReLU if `activate_sum`.

    Args:
        filters: int, channels of input and output.
        padding_mode: "reflect" or "zero".
        activate_sum: bool; True: ReLU after the sum (attention-guided). False:
            no ReLU (CycleGAN).
        use_bias: bool; the convolutions have a bias.
        normalization: see `normalization_layer`. With "adain" or "adalin", a
            call passes the scale and the offset.
        affine: bool; instance normalisation learns a scale and an offset.
        gamma_stddev: float; deviation of the initial scale about 1.
        kernel_initializer: config of a Keras initializer or None.
        **kwargs: arguments of `keras.layers.Layer` (`name`, `dtype`).

    Call arguments:
        inputs: (B, H, W, filters) float.
        modulation: None, except for "adain" and "adalin". Then it is a pair
            (scale, offset), each (B, filters), for each of the two
            normalisations.

    Returns:
        (B, H, W, filters) float.
    """

    def __init__(
        self,
        filters,
        *,
        padding_mode="reflect",
        activate_sum=False,
        use_bias=True,
        normalization="instance",
        affine=False,
        gamma_stddev=0.0,
        kernel_initializer=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.filters = filters
        self.padding_mode = padding_mode
        self.activate_sum = activate_sum
        self.use_bias = use_bias
        self.normalization = normalization
        self.affine = affine
        self.gamma_stddev = gamma_stddev
        self.kernel_initializer = kernel_initializer
        convolution = {
            "padding": 1,
            "padding_mode": padding_mode,
            "use_bias": use_bias,
            "kernel_initializer": kernel_initializer,
        }
        norm = {
            "adaptive": True,
            "affine": affine,
            "gamma_stddev": gamma_stddev,
        }
        self.first = Convolution(filters, 3, **convolution)
        self.first_norm = normalization_layer(normalization, **norm)
        self.second = Convolution(filters, 3, **convolution)
        self.second_norm = normalization_layer(normalization, **norm)

    @property
    def _layers_in_order(self):
        return [self.first, self.first_norm, self.second, self.second_norm]

    def build(self, input_shape):
        shape = (*input_shape[:-1], self.filters)
        for layer in self._layers_in_order:
            layer.build(shape)
        self.built = True

    def call(self, inputs, modulation=None):
        first, second = ((), ()) if modulation is None else modulation

        def whole(inputs, *modulation):
            first, second = modulation[:half], modulation[half:]
            outputs = tf.nn.relu(self.first_norm(self.first(inputs), *first))
            outputs = inputs + self.second_norm(self.second(outputs), *second)
            return tf.nn.relu(outputs) if self.activate_sum else outputs

        half = len(first)
        return self.part(whole, self._layers_in_order, inputs, *first, *second)

    def get_config(self):
        return {**super().get_config(), **constructor_arguments(self)}
