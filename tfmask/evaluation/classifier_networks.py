"""Networks that tell classes of images apart: pixels in, logits out.

Each is a `keras.Sequential`. Its last layer is the head. The inputs of the head
are the features of the image.
"""

import keras
import tensorflow as tf

from tfmask.evaluation.inception import keras_inception
from tfmask.ops.arguments import constructor_arguments

# These are always float32, also if the judged run has another precision.
_FLOAT = {"dtype": "float32"}


@keras.saving.register_keras_serializable(package="tfmask")
class AntialiasedResizing(keras.layers.Layer):
    """Images of any size to one, bilinear: as the data are resized.

    Keras' own layer has no antialiasing on both stacks.

    Args:
        size: (height, width).
        **kwargs: arguments of `keras.layers.Layer`.

    Input: (B, H, W, C) of any number type. Output: (B, *size, C) float32;
    images that already have the size do not change.
    """

    def __init__(self, size, **kwargs):
        super().__init__(**kwargs)
        self.size = tuple(size)

    def call(self, images):
        images = tf.cast(images, tf.float32)
        return tf.image.resize(images, self.size, "bilinear", antialias=True)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], *self.size, input_shape[-1])

    def get_config(self):
        return {**super().get_config(), **constructor_arguments(self)}


def small_layers(outputs, seed):
    """A small network's layers, for images of one size up to about 64 px.

    Args:
        outputs: int, how many logits an image has.
        seed: int, seed of the dropout.

    Returns:
        list of layers. The first one takes pixels in [0, 255].
    """
    layers = [keras.layers.Rescaling(1 / 127.5, -1.0, **_FLOAT)]
    for filters in (16, 32, 64, 64):
        layers += [
            keras.layers.Conv2D(
                filters, 3, strides=2, padding="same", **_FLOAT
            ),
            keras.layers.BatchNormalization(momentum=0.9, **_FLOAT),
            keras.layers.ReLU(**_FLOAT),
        ]
    return [
        *layers,
        keras.layers.Flatten(**_FLOAT),
        keras.layers.Dropout(0.5, seed=seed, **_FLOAT),
        keras.layers.Dense(outputs, **_FLOAT),
    ]


def inception_layers(outputs, side, weights=None):
    """InceptionV3 with a new head, to be fine-tuned as a whole.

    Args:
        outputs: int, how many logits an image has.
        side: int, pixels, 75 or more.
        weights: path of Keras' weights without top. None: random weights.

    Returns:
        list of layers. The first one takes pixels in [0, 255].

    Raises:
        UserError: the file does not hold such weights.
    """
    return [
        keras.layers.Rescaling(1 / 127.5, -1.0, **_FLOAT),
        keras_inception(side, weights),
        keras.layers.Dense(outputs, **_FLOAT),
    ]


def classifier_network(kind, outputs, side, *, seed=0, weights=None):
    """A network that takes images of any size.

    Args:
        kind: "small" or "inception".
        outputs: int, how many logits an image has.
        side: int, pixels; images first become squares of this side.
        seed: int, seed of the initial weights.
        weights: see `inception_layers`.

    Returns:
        `keras.Sequential`: (B, H, W, 3) pixels in [0, 255] to (B, outputs)
        float32 logits.
    """
    keras.utils.set_random_seed(seed)
    layers = (
        small_layers(outputs, seed)
        if kind == "small"
        else inception_layers(outputs, side, weights)
    )
    return keras.Sequential(
        [
            keras.layers.Input((None, None, 3)),
            AntialiasedResizing((side, side), **_FLOAT),
            *layers,
        ]
    )
