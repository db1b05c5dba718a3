"""A network of the user's that gives feature maps."""

from pathlib import Path

import keras
import tensorflow as tf

from tfmask.ops.errors import UserError
from tfmask.ops.precision import exact

_OPTION = "--method.perceptual-features"


class GivenFeatures:
    """Feature maps of images, by a network that does not learn.

    It is no layer and no `tf.Module`. So nothing of it belongs to the weights,
    the checkpoints or the exports of the method.

    Args:
        path: str, a .keras or .h5 file, or the folder of a SavedModel with the
            signature "serving_default", of one input and one output:
            (B, H, W, 3) float32 RGB in [0, 255] to (B, h, w, C).
        image_size: (height, width) of the images to come.

    Raises:
        UserError: there is no such network at `path`.
    """

    def __init__(self, path, image_size):
        self._path = path
        self._network = _opened(path)
        shape = self._shape_of(image_size)
        if len(shape) != 4 or shape[1] * shape[2] < 2:
            raise UserError(
                f"{_OPTION} must give feature maps (B, h, w, C) of two pixels "
                f"or more for images of {image_size}, because their mean is "
                f"subtracted. Got: {shape} of `{path}`."
            )

    def __call__(self, images):
        """Features of (B, H, W, 3) images in [-1, 1]: (B, h, w, C) float."""
        return self._network(tf.cast(127.5 * (exact(images) + 1), tf.float32))

    def _shape_of(self, image_size):
        try:
            return tuple(self(tf.zeros([1, *image_size, 3])).shape)
        except (ValueError, TypeError, AttributeError, tf.errors.OpError) as e:
            raise UserError(
                f"{_OPTION}: `{self._path}` does not take RGB images of "
                f"{image_size}: {e}"
            ) from e


def _opened(path):
    """A function of float32 RGB images in [0, 255] to what a network gives."""
    if not Path(path).exists():
        raise UserError(f"{_OPTION}: `{path}` is not there.")
    try:
        if Path(path).is_file():
            network = keras.saving.load_model(path, compile=False)
            return lambda pixels: network(pixels, training=False)
        module = tf.saved_model.load(path)
        signature = module.signatures["serving_default"]
    except (ValueError, TypeError, KeyError, OSError) as error:
        raise UserError(
            f"{_OPTION}: `{path}` is neither a Keras model nor a SavedModel "
            f'with the signature "serving_default": {error}'
        ) from error
    (name,) = signature.structured_input_signature[1]

    def run(pixels, module=module):  # which its functions need
        (features,) = signature(**{name: pixels}).values()
        return features

    return run
