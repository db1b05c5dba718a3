"""SavedModel versions that TensorFlow Serving loads as they are."""

import errno
import os

import tensorflow as tf

from serving.warmup import WARM_UP_FILE, predict_log, write_records
from tfmask.export_check import (
    MASKS,
    attribute_names,
    check_version,
    example_inputs,
)
from tfmask.methods.base import source_and_target
from tfmask.ops.arrays import smallest_side
from tfmask.ops.images import (
    mask_to_uint8,
    pad_to_multiple,
    resized,
    to_float,
    to_uint8,
)
from tfmask.ops.instances import fold, unfold
from tfmask.publishing import publish

_SIZES = (
    "`image` must hold one image or more, of {} pixels or more on each side"
)
# What a request may hold, by the name of the input: arrays, or PNG or JPEG
# bytes; for methods that set attributes these, too.
_PLAIN = {
    name: tf.TensorSpec(shape, tf.uint8)
    for name, shape in {
        "image": [None, None, None, 3],
        "exemplar": [None, None, None, 3],
        "mask": [None, None, None, 1],
        "exemplar_mask": [None, None, None, 1],
        "instances": [None, None, None, None, 1],
    }.items()
}
# What an answer may hold, and how it becomes 8-bit.
_SERVED = {
    "image": to_uint8,
    "images": to_uint8,
    **dict.fromkeys((*MASKS, "masks", "instances"), mask_to_uint8),
}
_ENCODED = {
    "image": tf.TensorSpec([None], tf.string),
    "exemplar": tf.TensorSpec([None], tf.string),
    "instances": tf.TensorSpec([None, None], tf.string),
}


class ServedTranslation(tf.Module):
    """A method's inference path behind uint8 and encoded signatures.

    Any height and width from `smallest_side(multiple)`: images are padded to
    the networks' multiple by reflection, and cropped back. Exemplars have
    their images' sizes; files are resized. Every input's shape is checked
    in the graph, because a server process can abort on a wrong one.

    Args:
        method: `TranslationMethod`.
    """

    def __init__(self, method):
        super().__init__(name="tfmask")
        self._translate = method.translate
        self._all_steps = getattr(method, "all_steps", None)
        self._multiple = method.multiple
        self._inputs = method.translate_inputs
        self._masks = method.mask_inputs
        self._directions = method.directions
        self._smallest = smallest_side(method.multiple)
        self._sizes = _SIZES.format(self._smallest)
        count = len(attribute_names(method))
        self._attributes = tf.TensorSpec([None, count], tf.float32)

    def signatures(self):
        """dict of signature name to concrete function.

        Their weights are kept for saving: networks that none of them asks,
        such as most discriminators, are not part of a version.
        """
        signatures = {}
        for direction in self._directions:
            forms = {
                direction: (self._plain, self._inputs),
                f"{direction}_encoded": (self._encoded, self._inputs),
            }
            if self._masks:
                forms[f"{direction}_with_mask"] = (
                    self._plain,
                    (*self._inputs, *self._masks),
                )
            if self._all_steps is not None:
                form = (self._every_step, self._inputs)
                forms[f"{direction}_all_steps"] = form
            for name, (form, inputs) in forms.items():
                signatures[name] = self._concrete(form, direction, name, inputs)
        read = {
            id(variable): variable
            for function in signatures.values()
            for variable in function.variables
        }
        self._weights = [*read.values()]
        signatures["serving_default"] = signatures[self._directions[0]]
        return signatures

    def _concrete(self, form, direction, name, inputs):
        def function(**given):
            return form(direction, given)

        function.__name__ = name
        specs = _ENCODED if form == self._encoded else _PLAIN
        specs = {**specs, "attributes": self._attributes}
        return tf.function(function).get_concrete_function(
            **{key: tf.TensorSpec.from_spec(specs[key], key) for key in inputs}
        )

    def _shaped(self, given, specs):
        specs = {**specs, "attributes": self._attributes}
        return {
            name: tf.ensure_shape(value, specs[name].shape)
            for name, value in given.items()
        }

    def _plain(self, direction, given):
        return self._run(direction, self._shaped(given, _PLAIN))

    def _every_step(self, direction, given):
        given = self._shaped(given, _PLAIN)
        return self._run(direction, given, self._all_steps)

    def _encoded(self, direction, given):
        given = self._shaped(given, _ENCODED)
        files = given["image"]
        # The shapes of no images are unknown, which the loop cannot have.
        some = tf.debugging.Assert(tf.size(files) > 0, [self._sizes])
        with tf.control_dependencies([some]):
            files = tf.identity(files)
        image = tf.ensure_shape(_decoded(files), _PLAIN["image"].shape)
        given["image"] = image
        if "exemplar" in given:
            given["exemplar"] = _decoded_exemplars(given["exemplar"], image)
        if "instances" in given:
            given["instances"] = _decoded_instances(given["instances"], image)
        return {
            name: _encoded_images(values)
            for name, values in self._run(direction, given).items()
        }

    def _run(self, direction, given, translate=None):
        image = given["image"]
        height, width = tf.shape(image)[1], tf.shape(image)[2]
        # Reflection of nothing is an error deep inside the networks.
        fits = (tf.shape(image)[0] > 0) & (
            tf.minimum(height, width) >= self._smallest
        )
        guards = [tf.debugging.Assert(fits, [self._sizes, tf.shape(image)])]
        for name in given:
            if name == "attributes":
                guards.append(_attributes_fit(given[name], image))
            elif name != "image":
                missing = "exemplar_mask" in given and name in MASKS
                guards.append(_same_sizes(name, given[name], image, missing))
        with tf.control_dependencies(guards):
            inputs = {"image": pad_to_multiple(to_float(image), self._multiple)}
            if "exemplar" in given:
                inputs["exemplar"] = pad_to_multiple(
                    to_float(given["exemplar"]), self._multiple
                )
            if "attributes" in given:
                inputs["attributes"] = tf.identity(given["attributes"])
            for name in MASKS:
                if name in given:
                    inputs[name] = self._padded_mask(given[name])
            if "instances" in given:
                inside = tf.cast(given["instances"] > 127, tf.float32)
                # Reflection of no instance at all is an error: one more.
                inside = tf.pad(inside, [[0, 0], [0, 1]] + [[0, 0]] * 3)
                padded = pad_to_multiple(fold(inside), self._multiple)
                padded = unfold(padded, tf.shape(inside)[1])
                inputs["instances"] = padded[:, :-1]
        outputs = (translate or self._translate)(inputs, direction)
        return {
            name: served(outputs[name][..., :height, :width, :])
            for name, served in _SERVED.items()
            if name in outputs
        }

    def _padded_mask(self, mask):
        """uint8 mask in [0, 1] and padded; one of 0x0 pixels stays."""
        mask = tf.cast(mask, tf.float32) / 255.0
        return tf.cond(
            tf.size(mask) > 0,
            lambda: pad_to_multiple(mask, self._multiple),
            lambda: mask,
        )


def _same_sizes(name, value, image, may_be_empty=False):
    """Guard: `value` has the batch size, height and width of the images."""
    shape = tf.shape(value)
    # (N, H, W, 1), or with an instance axis (N, K, H, W, 1).
    sizes = tf.stack([shape[0], shape[-3], shape[-2]])
    same = tf.reduce_all(sizes == tf.shape(image)[:3])
    message = f"`{name}` must have the batch size, height and width of `image`"
    if may_be_empty:
        empty = tf.reduce_all(sizes == tf.stack([tf.shape(image)[0], 0, 0]))
        same |= empty
        message += ", or 0x0 pixels to be found"
    return tf.debugging.Assert(same, [message])


def _attributes_fit(attributes, image):
    """Guard: one row of finite numbers an image."""
    same = tf.shape(attributes)[0] == tf.shape(image)[0]
    fits = same & tf.reduce_all(tf.math.is_finite(attributes))
    message = (
        "`attributes` must have one row an image, of finite numbers: 1 (on), "
        "0 (off), -1 (as it is)"
    )
    return tf.debugging.Assert(fits, [message])


def _decoded(files):
    """(N,) encoded images to (N, H, W, 3) uint8."""
    return tf.map_fn(
        lambda data: tf.io.decode_image(
            data, channels=3, expand_animations=False
        ),
        files,
        fn_output_signature=tf.TensorSpec([None, None, 3], tf.uint8),
    )


def _decoded_exemplars(files, image):
    """(N,) encoded images to (N, H, W, 3) uint8, resized to the images'."""
    size = tf.shape(image)[1:3]
    # Of another number the loop would know no shape, or never be compared.
    same = tf.shape(files)[0] == tf.shape(image)[0]
    guard = tf.debugging.Assert(same, ["`exemplar` must be one file an image"])
    with tf.control_dependencies([guard]):
        files = tf.identity(files)

    def decode(data):
        exemplar = tf.io.decode_image(data, channels=3, expand_animations=False)
        return resized(tf.ensure_shape(exemplar, [None, None, 3]), size)

    made = tf.map_fn(
        decode,
        files,
        fn_output_signature=tf.TensorSpec([None, None, 3], tf.uint8),
    )
    return tf.ensure_shape(made, _PLAIN["exemplar"].shape)


def _decoded_instances(files, image):
    """(N, K) encoded masks to (N, K, H, W, 1) uint8; K may be 0."""
    size = tf.shape(image)[1:3]
    # One more, because the loop must not be without any.
    blank = tf.io.encode_png(tf.zeros([size[0], size[1], 1], tf.uint8))
    masks = _decoded(tf.concat([[blank], tf.reshape(files, [-1])], axis=0))[1:]
    masks = tf.reduce_max(masks, axis=-1, keepdims=True)
    shape = tf.concat([tf.shape(files), size, [1]], axis=0)
    return tf.ensure_shape(tf.reshape(masks, shape), _PLAIN["instances"].shape)


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
                        attributes=len(attribute_names(method)),
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
                for direction in method.directions
            },
            "attributes": attribute_names(method),
            **(facts or {}),
        },
    )
