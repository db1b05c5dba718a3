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
from tfmask.ops.instances import fold, unfold
from tfmask.publishing import publish

_SIZES = (
    f"`image` must hold one image or more, of {MIN_SIDE} pixels or more on "
    "each side"
)
# What a request may hold, by the name of the input: shapes of arrays, and of
# PNG or JPEG bytes.
_PLAIN = {
    "image": [None, None, None, 3],
    "mask": [None, None, None, 1],
    "instances": [None, None, None, None, 1],
}
_ENCODED = {"image": [None], "instances": [None, None]}


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
        self._inputs = method.translate_inputs
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
        signatures = {}
        for direction in DIRECTIONS:
            forms = {
                direction: (self._plain, self._inputs),
                f"{direction}_encoded": (self._encoded, self._inputs),
            }
            if self._takes_mask:
                forms[f"{direction}_with_mask"] = (
                    self._plain,
                    (*self._inputs, "mask"),
                )
            for name, (form, inputs) in forms.items():
                signatures[name] = self._concrete(form, direction, name, inputs)
        signatures["serving_default"] = signatures["a_to_b"]
        return signatures

    def _concrete(self, form, direction, name, inputs):
        def function(**given):
            return form(direction, given)

        function.__name__ = name
        encoded = form == self._encoded
        shapes, dtype = (_ENCODED, tf.string) if encoded else (_PLAIN, tf.uint8)
        return tf.function(function).get_concrete_function(
            **{key: tf.TensorSpec(shapes[key], dtype, key) for key in inputs}
        )

    def _plain(self, direction, given):
        return self._run(
            direction,
            {
                name: tf.ensure_shape(value, _PLAIN[name])
                for name, value in given.items()
            },
        )

    def _encoded(self, direction, given):
        files = tf.ensure_shape(given["image"], _ENCODED["image"])
        # The shapes of no images are unknown, which the loop cannot have.
        some = tf.debugging.Assert(tf.size(files) > 0, [_SIZES])
        with tf.control_dependencies([some]):
            files = tf.identity(files)
        image = tf.ensure_shape(_decoded(files), _PLAIN["image"])
        pixels = {"image": image}
        if "instances" in given:
            files = tf.ensure_shape(given["instances"], _ENCODED["instances"])
            pixels["instances"] = _decoded_instances(files, image)
        return {
            name: _encoded_images(values)
            for name, values in self._run(direction, pixels).items()
        }

    def _run(self, direction, given):
        image = given["image"]
        height, width = tf.shape(image)[1], tf.shape(image)[2]
        # Reflection of nothing is an error deep inside the networks.
        fits = (tf.shape(image)[0] > 0) & (
            tf.minimum(height, width) >= MIN_SIDE
        )
        guards = [tf.debugging.Assert(fits, [_SIZES, tf.shape(image)])]
        for name in given:
            if name != "image":
                guards.append(_same_sizes(name, given[name], image))
        with tf.control_dependencies(guards):
            inputs = {"image": pad_to_multiple(to_float(image), self._multiple)}
            if "mask" in given:
                mask = tf.cast(given["mask"], tf.float32) / 255.0
                inputs["mask"] = pad_to_multiple(mask, self._multiple)
            if "instances" in given:
                inside = tf.cast(given["instances"] > 127, tf.float32)
                # Reflection of no instance at all is an error: one more.
                inside = tf.pad(inside, [[0, 0], [0, 1]] + [[0, 0]] * 3)
                padded = pad_to_multiple(fold(inside), self._multiple)
                padded = unfold(padded, tf.shape(inside)[1])
                inputs["instances"] = padded[:, :-1]
        outputs = self._translate(inputs, direction)
        made = {
            "image": to_uint8(outputs["image"][:, :height, :width]),
            "mask": mask_to_uint8(outputs["mask"][:, :height, :width]),
        }
        if "instances" in given:
            cropped = outputs["instances"][:, :, :height, :width]
            made["instances"] = mask_to_uint8(cropped)
        return made


def _same_sizes(name, value, image):
    """Guard: `value` has the batch size, height and width of the images."""
    shape = tf.shape(value)
    # (N, H, W, 1), or with an instance axis (N, K, H, W, 1).
    sizes = tf.stack([shape[0], shape[-3], shape[-2]])
    same = tf.reduce_all(sizes == tf.shape(image)[:3])
    message = f"`{name}` must have the batch size, height and width of `image`"
    return tf.debugging.Assert(same, [message])


def _decoded(files):
    """(N,) encoded images to (N, H, W, 3) uint8."""
    return tf.map_fn(
        lambda data: tf.io.decode_image(
            data, channels=3, expand_animations=False
        ),
        files,
        fn_output_signature=tf.TensorSpec([None, None, 3], tf.uint8),
    )


def _decoded_instances(files, image):
    """(N, K) encoded masks to (N, K, H, W, 1) uint8; K may be 0."""
    size = tf.shape(image)[1:3]
    # One more, because the loop must not be without any.
    blank = tf.io.encode_png(tf.zeros([size[0], size[1], 1], tf.uint8))
    masks = _decoded(tf.concat([[blank], tf.reshape(files, [-1])], axis=0))[1:]
    masks = tf.reduce_max(masks, axis=-1, keepdims=True)
    shape = tf.concat([tf.shape(files), size, [1]], axis=0)
    return tf.ensure_shape(tf.reshape(masks, shape), _PLAIN["instances"])


def _encoded_images(images):
    """(..., H, W, C) uint8 to (...) PNG bytes."""
    shape = tf.shape(images)
    files = tf.map_fn(
        tf.io.encode_png,
        tf.reshape(images, tf.concat([[-1], shape[-3:]], axis=0)),
        fn_output_signature=tf.TensorSpec([], tf.string),
    )
    return tf.reshape(files, shape[:-3])


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
                    example_inputs(
                        signature,
                        batch,
                        *method.image_size,
                        inputs=method.translate_inputs,
                    ),
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
