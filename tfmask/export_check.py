"""Does a version on disk answer as the model that it was made from?"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import tensorflow as tf
from google.protobuf.message import DecodeError

from serving import protos, wire
from serving.tensors import from_proto, plain_array
from serving.warmup import predict_log, read_records, write_records
from tfmask.methods.base import DIRECTIONS
from tfmask.ops.arrays import (
    image_to_uint8,
    mask_to_uint8,
    smallest_side,
    to_float,
)
from tfmask.ops.errors import UserError
from tfmask.ops.images import resized

# Sums in another order may round a value to its neighbour.
TOLERANCE = 1
MASKS = ("mask", "exemplar_mask")
_SERVED = {
    "image": image_to_uint8,
    "images": image_to_uint8,
    **dict.fromkeys((*MASKS, "masks", "instances"), mask_to_uint8),
}


def _sizes(method):
    """(images, height, width) of the requests of a check; one is odd."""
    smallest = smallest_side(method.multiple)
    return (1, *method.image_size), (2, smallest + 5, smallest + 2)


def direction_of(signature):
    """The direction that a signature translates in."""
    for direction in DIRECTIONS:
        if signature.startswith(direction):
            return direction
    return DIRECTIONS[0]  # serving_default


def attribute_names(method):
    """Names of the attributes that a method knows, in their order."""
    return list(getattr(method.config, "attributes", ()))


def example_inputs(
    signature, batch, height, width, inputs=("image",), attributes=0
):
    """Inputs of a signature, the same in every process.

    Args:
        signature: str, its name.
        batch: int, images in the request.
        height: int.
        width: int.
        inputs: names of what the method takes.
        attributes: int, how many it sets.

    Returns:
        dict of name to array: `image` uint8 (batch, height, width, 3) or PNG
        bytes (batch,); for signatures that take them, `exemplar` likewise,
        `mask` and `exemplar_mask` uint8 (batch, height, width, 1),
        `attributes` float32 (batch, attributes), and `instances` uint8
        (batch, 2, height, width, 1) or bytes (batch, 2).
    """
    rows, columns = np.mgrid[:height, :width]
    waves = [
        127.5 * (1 + np.sin((number + 2) * rows / height + columns / width * 5))
        for number in range(batch)
    ]
    image = np.stack([np.stack([w, 255 - w, w / 2], -1) for w in waves])
    noise = np.random.default_rng(0).normal(0, 12, image.shape)
    image = np.clip(image + noise, 0, 255).astype(np.uint8)
    example = {"image": image}
    if "exemplar" in inputs:
        example["exemplar"] = np.ascontiguousarray(image[:, ::-1, ::-1])
    if "instances" in inputs:
        # The left half and a narrow strip of the right one.
        parts = [columns < width // 2, columns >= width - max(width // 4, 1)]
        parts = np.stack(parts)[None, ..., None].astype(np.uint8) * 255
        example["instances"] = np.repeat(parts, batch, axis=0)
    if signature.endswith("_with_mask"):
        mask = np.where(image[..., :1] > 127, 255, columns[..., None] % 256)
        example["mask"] = mask.astype(np.uint8)
        if "exemplar" in inputs:
            example["exemplar_mask"] = example["mask"][:, ::-1, ::-1]
    if signature.endswith("_encoded"):
        example = {name: _encoded(value) for name, value in example.items()}
    if "attributes" in inputs:
        # On, off, as it is; others in every image.
        number = np.add.outer(np.arange(batch), np.arange(attributes))
        example["attributes"] = (1 - number % 3).astype(np.float32)
    return example


def _encoded(images):
    """(..., H, W, C) uint8 to an object array (...) of PNG bytes."""
    shape = images.shape
    files = np.empty(shape[:-3], object)
    flat = images.reshape(-1, *shape[-3:])
    files.ravel()[:] = [tf.io.encode_png(single).numpy() for single in flat]
    return files


def fresh_process(folder, logs):
    """The answers of a version in a process of its own.

    Args:
        folder: path of the version's folder.
        logs: list of PredictionLog with requests.

    Returns:
        list of PredictionLog, with the responses.

    Raises:
        UserError: it cannot be loaded, or a request fails.
    """
    root = str(Path(__file__).parents[1])
    with tempfile.TemporaryDirectory() as work:
        requests, answers = Path(work, "requests"), Path(work, "answers")
        write_records(requests, logs)
        done = subprocess.run(
            [
                *(sys.executable, "-m", "serving.replay"),
                *(str(folder), str(requests), str(answers)),
            ],
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(
                    filter(None, [root, os.environ.get("PYTHONPATH")])
                ),
                # This process may hold all of the GPU's memory.
                "CUDA_VISIBLE_DEVICES": "-1",
                "TF_CPP_MIN_LOG_LEVEL": "3",
            },
            capture_output=True,
            text=True,
        )
        if done.returncode:
            lines = done.stderr.strip().splitlines() or ["no message"]
            raise UserError(
                f"`{folder}` cannot be served (exit code {done.returncode}): "
                f"{lines[-1]}"
            )
        return [
            protos.PredictionLog.FromString(record)
            for record in read_records(answers)
        ]


def check_version(method, folder, replay=fresh_process):
    """Compares a version's answers, in a fresh process, with the method's.

    Every signature is asked for one image of the training size and for two
    of an odd one. The warm-up requests must succeed, too.

    Args:
        method: `TranslationMethod` that the version was exported from.
        folder: path of the version's folder.
        replay: function of the folder and the requests that gives the
            answers.

    Raises:
        UserError: it cannot be loaded, or an answer is more than 1 of 255
            away from `method.translate`.
    """
    model = protos.MetaGraphDef()
    try:
        saved = (Path(folder) / "saved_model.pb").read_bytes()
        model.ParseFromString(_first_graph(saved))
    except (OSError, ValueError, DecodeError) as error:
        raise UserError(f"`{folder}` is not a version: {error}") from error
    names = sorted(
        name for name in model.signature_def if not name.startswith("__")
    )
    logs = [
        predict_log(
            name,
            example_inputs(
                name,
                *size,
                inputs=method.translate_inputs,
                attributes=len(attribute_names(method)),
            ),
        )
        for name in names
        for size in _sizes(method)
    ]
    for log in replay(folder, logs):
        _compare(method, log.predict_log)


def _first_graph(saved):
    """The bytes of the first MetaGraphDef, field 2 of a SavedModel."""
    for number, _, value in wire.fields(saved):
        if number == 2:
            return bytes(value)
    raise ValueError("saved_model.pb holds no graph")


def _compare(method, log):
    name = log.request.model_spec.signature_name
    inputs = _arrays(log.request.inputs)
    expected = translated(
        method, direction_of(name), inputs, name.endswith("_all_steps")
    )
    got = _arrays(log.response.outputs)
    for output, values in expected.items():
        answer = got[output]
        if name.endswith("_encoded"):
            answer = _decoded(answer, values.shape[-1])
        if answer.shape != values.shape:
            raise UserError(
                f"Signature `{name}`, output `{output}`: expected "
                f"{values.shape}. Got: {answer.shape}"
            )
        apart = np.abs(answer.astype(int) - values.astype(int))
        if apart.max() > TOLERANCE:
            raise UserError(
                f"Signature `{name}`, output `{output}`: "
                f"{(apart > TOLERANCE).sum()} of {apart.size} values differ "
                f"from the model's, by up to {apart.max()} of 255. Expected: "
                f"{TOLERANCE} at most."
            )


def _arrays(protos_by_name):
    return {
        name: plain_array(from_proto(proto))
        for name, proto in protos_by_name.items()
    }


def _decoded(items, channels):
    """Object array (...) of PNG bytes to (..., H, W, C) uint8."""
    images = np.stack(
        [
            tf.io.decode_png(item, channels=channels).numpy()
            for item in items.ravel()
        ]
    )
    return images.reshape(*items.shape, *images.shape[1:])


def translated(method, direction, inputs, all_steps=False):
    """`method.translate` at the service's border, in NumPy.

    Args:
        method: `TranslationMethod`.
        direction: "a_to_b" or "b_to_a".
        inputs: dict with `image` uint8 (N, H, W, 3) or encoded (N,), and
            perhaps `exemplar` likewise (a file of any size), `mask` and
            `exemplar_mask` uint8 (N, H, W, 1), `attributes` float32 (N, K)
            and `instances` uint8 (N, K, H, W, 1) or encoded (N, K).
        all_steps: bool; asks `method.all_steps`.

    Returns:
        dict with `image` uint8 (N, H, W, 3), `mask` uint8 (N, H, W, 1) and
        perhaps `exemplar_mask` likewise and `instances` uint8 (N, K, H, W, 1);
        of all steps `images` (N, K, H, W, 3) and `masks` (N, K, H, W, 1).
    """
    image = inputs["image"]
    if image.dtype == object:
        image = _decoded(image, 3)
    height, width = image.shape[1:3]
    sides = [(0, -side % method.multiple) for side in (height, width)]
    padding = [(0, 0), *sides, (0, 0)]
    floats = {"image": np.pad(to_float(image), padding, "reflect")}
    if "exemplar" in inputs:
        exemplar = inputs["exemplar"]
        if exemplar.dtype == object:
            exemplar = resized(_decoded(exemplar, 3), (height, width)).numpy()
        floats["exemplar"] = np.pad(to_float(exemplar), padding, "reflect")
    if "attributes" in inputs:
        floats["attributes"] = inputs["attributes"]
    for name in MASKS:
        if name in inputs and inputs[name].size:
            mask = inputs[name].astype(np.float32) / 255.0
            floats[name] = np.pad(mask, padding, "reflect")
    if "instances" in inputs:
        given = inputs["instances"]
        if given.dtype == object:
            given = _decoded(given, 1)
        floats["instances"] = np.pad(
            (given > 127).astype(np.float32), [(0, 0), *padding], "reflect"
        )
    ask = method.all_steps if all_steps else method.translate
    with tf.device("CPU:0"):  # where the fresh process runs
        outputs = ask(
            {name: tf.constant(value) for name, value in floats.items()},
            direction,
        )
    return {
        name: served(outputs[name][..., :height, :width, :])
        for name, served in _SERVED.items()
        if name in outputs
    }
