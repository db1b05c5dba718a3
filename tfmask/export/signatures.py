"""SavedModel versions that TensorFlow Serving loads as they are."""

import errno
import os

import numpy as np
import tensorflow as tf

from serving.protocol.warmup import WARM_UP_FILE, predict_log, write_records
from tfmask.export.check import attribute_names, check_version, example_inputs
from tfmask.export.pixel_limit import few_pixels, guarded_files
from tfmask.export.ports import (
    borders,
    decoded_images,
    encoded_images,
    fits,
)
from tfmask.export.publishing import publish
from tfmask.methods.base import source_and_target
from tfmask.ops.arrays import MAX_PIXELS, smallest_side
from tfmask.ops.errors import UserError

_SIZES = (
    "`image` must hold one image or more, of {} pixels or more on each side"
)


class ServedTranslation(tf.Module):
    """A method's inference path behind uint8 and encoded signatures.

    The ports of the method's spec are the inputs and outputs. Images may have
    any height and width from `smallest_side(multiple)` on. They are padded to
    the multiple of the networks by reflection, and cropped back. Other arrays
    must have the size of their image. Files of other images are resized. The
    graph checks the shape of every input, because a wrong shape can end a
    server process. The graph also checks the pixels of a request before it
    decodes the files.

    Args:
        method: `TranslationMethod`.
        max_pixels: int, how many pixels the images of a request may have
            together.
    """

    def __init__(self, method, max_pixels):
        super().__init__(name="tfmask")
        # These are functions and plain values. If this object held the method,
        # the whole method would be saved.
        self._spec, self._directions = method.spec, method.directions
        self._translate = method.translate
        self._all_steps = method.all_steps if method.spec.steps else None
        self._multiple, self._max_pixels = method.multiple, max_pixels
        self._smallest = smallest_side(method.multiple)
        self._sizes = _SIZES.format(self._smallest)
        self._border = borders(len(attribute_names(method))).__getitem__

    def signatures(self):
        """dict of signature name to concrete function.

        Only the weights of these functions are saved. Networks that no function
        uses, such as most discriminators, are not part of a version.
        """
        spec, signatures = self._spec, {}
        for direction in self._directions:
            ports_of = {direction: spec.served}
            for port in spec.images_taken:
                name = f"{direction}_with_{port.name}"
                ports_of[name] = (*spec.required, port)
            for name, ports in ports_of.items():
                plain = self._arrays(name, direction, ports)
                signatures[name] = plain
                name = f"{name}_encoded"
                signatures[name] = self._files(name, plain, ports)
            if spec.masks_taken:
                ports = (*spec.required, *spec.masks_taken)
                name = f"{direction}_with_mask"
                signatures[name] = self._arrays(name, direction, ports)
            if spec.steps:
                name = f"{direction}_all_steps"
                signatures[name] = self._arrays(
                    name, direction, spec.served, steps=True
                )
        read = {
            id(variable): variable
            for function in signatures.values()
            for variable in function.variables
        }
        self._weights = [*read.values()]
        signatures["serving_default"] = signatures[self._directions[0]]
        return signatures

    def _arrays(self, name, direction, ports, steps=False):
        """The concrete function of arrays to arrays.

        Args:
            name: str, name of the signature.
            direction: str.
            ports: the inputs.
            steps: bool; it gives all steps of a translation.
        """
        translate, outputs = self._translate, self._spec.outputs
        if steps:
            translate, outputs = self._all_steps, self._spec.steps

        def answer(inputs):
            return self._run(translate, outputs, direction, ports, inputs)

        return self._concrete(name, ports, answer)

    def _files(self, name, plain, ports):
        """The concrete function of files to files.

        It decodes, calls the function of arrays, and encodes. So the networks
        are traced only once for both.
        """

        def answer(inputs):
            # If there are no images, their shapes are unknown. The loop does
            # not allow that.
            some = tf.debugging.Assert(
                tf.size(inputs["image"]) > 0, [self._sizes]
            )
            with tf.control_dependencies([some]):
                files = guarded_files(
                    {n: v for n, v in inputs.items() if v.dtype == tf.string},
                    self._max_pixels,
                )
            arrays = {**inputs, "image": decoded_images(files.pop("image"))}
            for port in ports:
                if port.name in files:
                    arrays[port.name] = self._border(port.kind).decoded(
                        port.name, files[port.name], arrays["image"]
                    )
            arrays = {
                port.name: tf.ensure_shape(
                    arrays[port.name], self._border(port.kind).arrays.shape
                )
                for port in ports
            }
            # The REST API of TensorFlow Serving encodes bytes only under such
            # names.
            return {
                f"{name}_bytes": encoded_images(values)
                for name, values in plain(**arrays).items()
            }

        return self._concrete(name, ports, answer, encoded=True)

    def _concrete(self, name, ports, answer, encoded=False):
        specs = {}
        for port in ports:
            border = self._border(port.kind)
            spec = border.arrays
            if encoded:
                spec = getattr(border, "files", spec)
            specs[port.name] = tf.TensorSpec.from_spec(spec, port.name)

        def function(**inputs):
            return answer(
                {
                    name: tf.ensure_shape(value, specs[name].shape)
                    for name, value in inputs.items()
                }
            )

        function.__name__ = name
        # Nothing below this needs autograph. Autograph takes seconds.
        graph = tf.function(function, autograph=False)
        return graph.get_concrete_function(**specs)

    def _run(self, ask, outputs, direction, ports, tensors):
        image = tensors["image"]
        height, width = tf.shape(image)[1], tf.shape(image)[2]
        # Reflection of an empty image is an error deep inside the networks.
        some = (tf.shape(image)[0] > 0) & (
            tf.minimum(height, width) >= self._smallest
        )
        guards = [
            tf.debugging.Assert(some, [self._sizes, tf.shape(image)]),
            few_pixels(image, self._max_pixels),
        ]
        masks = self._spec.masks_taken
        guards += [
            # The caller may give some of the masks. The model finds the others.
            fits(port, tensors[port.name], image, port in masks and masks[1:])
            for port in ports
            if port.name != "image"
        ]
        with tf.control_dependencies(guards):
            inputs = {
                port.name: self._border(port.kind).prepared(
                    tensors[port.name], self._multiple
                )
                for port in ports
            }
        answer = ask(inputs, direction)
        return {
            port.name: self._border(port.kind).answer(
                answer[port.name][..., :height, :width, :]
            )
            for port in outputs
        }


def export_method(
    method,
    base,
    name,
    *,
    facts=None,
    warm_up_batches=(1,),
    max_pixels=MAX_PIXELS,
    check=False,
):
    """Publishes a method as the next version of a model, in one rename.

    The version has a warm-up request for each signature. So a server runs all
    signatures before it answers with this version.

    Args:
        method: `TranslationMethod` with trained weights.
        base: folder of all models.
        name: str, the model's name.
        facts: dict for JSON, written to `assets.extra/tfmask.json`.
        warm_up_batches: batch sizes of the warm-up requests. For a GPU, give
            every allowed size of the server's batching.
        max_pixels: int, how many pixels the images of a request may have
            together. The version itself refuses more.
        check: bool; the version must pass `check_version` before it gets its
            number.

    Returns:
        Path of the version's folder, `<base>/<name>/<version>`.

    Raises:
        UserError: the name cannot be a folder, a warm-up request has more than
            `max_pixels` pixels, or the check failed.
        OSError: writing failed. Nothing is published then.
    """
    height, width = method.image_size
    served = ServedTranslation(method, max_pixels)

    def warm_up_request(signature, batch):
        inputs = example_inputs(method, signature, batch, height, width)
        images = inputs["image"]
        if images.dtype == object:
            files = [v for v in inputs.values() if v.dtype == object]
            images = np.concatenate([v.ravel() for v in files])
        if len(images) * height * width > max_pixels:
            raise UserError(
                f"`max_pixels` is {max_pixels}, but a warm-up request of "
                f"`{signature}` has {len(images)} images of {height} x "
                f"{width}. Raise it, or take smaller `warm_up_batches`."
            )
        return predict_log(signature, inputs)

    def write(folder):
        signatures = served.signatures()
        requests = [
            warm_up_request(signature, batch)
            for signature in signatures
            for batch in warm_up_batches
        ]
        try:
            tf.saved_model.save(served, str(folder), signatures=signatures)
        except tf.errors.OpError as error:
            # TensorFlow has its own class for a full disk and similar errors.
            full = isinstance(error, tf.errors.ResourceExhaustedError)
            if full:
                raise OSError(
                    errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder)
                ) from error
            raise OSError(f"`{folder}` cannot be written: {error}") from error
        warm_up = folder / WARM_UP_FILE
        warm_up.parent.mkdir(exist_ok=True)
        write_records(warm_up, requests)
        if check:
            check_version(method, folder)

    return publish(
        base,
        name,
        write,
        {
            "tensorflow": tf.__version__,
            "mask_kind": method.spec.mask_kind,
            "directions": {
                direction: source_and_target(direction)
                for direction in method.directions
            },
            "attributes": attribute_names(method),
            "max_pixels": max_pixels,
            **(facts or {}),
        },
    )
