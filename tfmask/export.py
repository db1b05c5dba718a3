"""SavedModel versions that TensorFlow Serving loads as they are."""

import errno
import os

import tensorflow as tf

from serving.warmup import WARM_UP_FILE, predict_log, write_records
from tfmask.export_check import check_version, example_inputs
from tfmask.methods.base import DIRECTIONS, source_and_target
from tfmask.ops.images import (
    MIN_SIDE,
    mask_to_uint8,
    pad_to_multiple,
    to_float,
    to_uint8,
)
from tfmask.publishing import publish

_SIZES = (
    f"`image` must hold one image or more, of {MIN_SIDE} pixels or more on "
    "each side"
)


class ServedTranslation(tf.Module):
    """A method's inference path behind uint8 and encoded signatures.

    Any height and width from 8 pixels: images are padded to the networks'
    multiple by reflection, and cropped back. Every input's shape is checked
    in the graph, because a server process can abort on a wrong one.

    Args:
        method: `TranslationMethod`.
    """

    def __init__(self, method):
        super().__init__(name="tfmask")
        self._translate = method.translate
        self._multiple = method.multiple
        self._takes_mask = method.mask_kind == "attention"
        # Flat, because networks inside lists are not tracked in Keras 3.
        self._weights = [
            getattr(variable, "value", variable)
            if not isinstance(variable, tf.Variable)
            else variable
            for network in method.networks.values()
            for variable in network.weights
        ]

    def signatures(self):
        """dict of signature name to concrete function."""
        image = tf.TensorSpec([None, None, None, 3], tf.uint8, "image")
        mask = tf.TensorSpec([None, None, None, 1], tf.uint8, "mask")
        encoded = tf.TensorSpec([None], tf.string, "image")
        signatures = {}
        for direction in DIRECTIONS:
            forms = {
                direction: (self._plain, image),
                f"{direction}_encoded": (self._encoded, encoded),
            }
            if self._takes_mask:
                forms[f"{direction}_with_mask"] = (self._with_mask, image, mask)
            for name, (form, *specs) in forms.items():
                function = self._bound(form, direction, name)
                signatures[name] = function.get_concrete_function(*specs)
        signatures["serving_default"] = signatures["a_to_b"]
        return signatures

    def _bound(self, form, direction, name):
        if form == self._with_mask:

            def function(image, mask):
                return form(direction, image, mask)
        else:

            def function(image):
                return form(direction, image)

        function.__name__ = name
        return tf.function(function)

    def _plain(self, direction, image):
        image = tf.ensure_shape(image, [None, None, None, 3])
        return self._run(direction, image)

    def _with_mask(self, direction, image, mask):
        image = tf.ensure_shape(image, [None, None, None, 3])
        mask = tf.ensure_shape(mask, [None, None, None, 1])
        same = tf.reduce_all(tf.shape(image)[:3] == tf.shape(mask)[:3])
        message = "`mask` must have the batch size, height and width of `image`"
        with tf.control_dependencies([tf.debugging.Assert(same, [message])]):
            mask = tf.cast(mask, tf.float32) / 255.0
        return self._run(direction, image, mask)

    def _encoded(self, direction, image):
        image = tf.ensure_shape(image, [None])
        # The shapes of no images are unknown, which the loop cannot have.
        some = tf.debugging.Assert(tf.size(image) > 0, [_SIZES])
        with tf.control_dependencies([some]):
            image = tf.identity(image)
        decoded = tf.map_fn(
            lambda data: tf.io.decode_image(
                data, channels=3, expand_animations=False
            ),
            image,
            fn_output_signature=tf.TensorSpec([None, None, 3], tf.uint8),
        )
        decoded = tf.ensure_shape(decoded, [None, None, None, 3])
        return {
            name: tf.map_fn(
                tf.io.encode_png,
                pixels,
                fn_output_signature=tf.TensorSpec([], tf.string),
            )
            for name, pixels in self._run(direction, decoded).items()
        }

    def _run(self, direction, image, mask=None):
        height, width = tf.shape(image)[1], tf.shape(image)[2]
        # Reflection of nothing is an error deep inside the networks.
        fits = (tf.shape(image)[0] > 0) & (
            tf.minimum(height, width) >= MIN_SIDE
        )
        guard = tf.debugging.Assert(fits, [_SIZES, tf.shape(image)])
        with tf.control_dependencies([guard]):
            image = to_float(image)
        inputs = {"image": pad_to_multiple(image, self._multiple)}
        if mask is not None:
            inputs["mask"] = pad_to_multiple(mask, self._multiple)
        outputs = self._translate(inputs, direction)
        return {
            "image": to_uint8(outputs["image"][:, :height, :width]),
            "mask": mask_to_uint8(outputs["mask"][:, :height, :width]),
        }


def export_method(
    method,
    base,
    name,
    *,
    facts=None,
    warm_up_batches=(1,),
    check=False,
):
    """Publishes a method as the next version of a model, in one rename.

    The version carries a warm-up request for each signature, so that a
    server has run all of them before it answers with it.

    Args:
        method: `TranslationMethod` with trained weights.
        base: folder of all models.
        name: str, the model's name.
        facts: dict for JSON, written to `assets.extra/tfmask.json`.
        warm_up_batches: batch sizes of the warm-up requests; for a GPU, every
            allowed size of the server's batching.
        check: bool, whether the version must hold `check_version` before it
            gets its number.

    Returns:
        Path of the version's folder, `<base>/<name>/<version>`.

    Raises:
        UserError: the name cannot be a folder, or the check failed.
        OSError: nothing is published then.
    """
    served = ServedTranslation(method)

    def write(folder):
        signatures = served.signatures()
        try:
            tf.saved_model.save(served, str(folder), signatures=signatures)
        except tf.errors.OpError as error:
            # TensorFlow's own class for a full disk and the like.
            full = isinstance(error, tf.errors.ResourceExhaustedError)
            if full:
                raise OSError(
                    errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder)
                ) from error
            raise OSError(f"`{folder}` cannot be written: {error}") from error
        warm_up = folder / WARM_UP_FILE
        warm_up.parent.mkdir(exist_ok=True)
        write_records(
            warm_up,
            (
                predict_log(
                    signature,
                    example_inputs(signature, batch, *method.image_size),
                )
                for signature in signatures
                for batch in warm_up_batches
            ),
        )
        if check:
            check_version(method, folder)

    return publish(
        base,
        name,
        write,
        {
            "tensorflow": tf.__version__,
            "mask_kind": method.mask_kind,
            "directions": {
                direction: source_and_target(direction)
                for direction in DIRECTIONS
            },
            **(facts or {}),
        },
    )
