"""Does a version on disk answer as the model that it was made from?"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import tensorflow as tf
from google.protobuf.message import DecodeError

from serving.protocol import protos, wire
from serving.protocol.tensors import from_proto, plain_array
from serving.protocol.warmup import predict_log, read_records, write_records
from tfmask.methods.base import DIRECTIONS
from tfmask.ops.arrays import (
    image_to_uint8,
    mask_to_uint8,
    smallest_side,
    to_float,
)
from tfmask.ops.errors import UserError
from tfmask.ops.images import resized

# If sums have another order, a value may be rounded to its neighbour.
TOLERANCE = 1
_ANSWERS = {
    "image": image_to_uint8,
    "mask": mask_to_uint8,
    "masks": mask_to_uint8,
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


def example_inputs(method, signature, batch, height, width):
    """Inputs of a signature, the same in every process.

    Args:
        method: `TranslationMethod`.
        signature: str, its name.
        batch: int, number of images in the request.
        height: int.
        width: int.

    Returns:
        dict of a port's name to an array of its kind: uint8 "image"
        (batch, height, width, 3) and "masks" (batch, 2, height, width, 1),
        or PNG bytes (batch,) and (batch, 2); uint8 "mask" (batch, height,
        width, 1); float32 "attributes" (batch, K); int64 "seed" (batch,).
    """
    ports = _ports_of(method.spec, signature)
    image = _waves(batch, height, width)
    columns = np.mgrid[:height, :width][1]
    mask = np.where(image[..., :1] > 127, 255, columns[..., None] % 256)
    # The left half and a narrow strip of the right one.
    parts = [columns < width // 2, columns >= width - max(width // 4, 1)]
    parts = np.stack(parts)[None, ..., None].astype(np.uint8) * 255
    # These are on, off, and as it is. They differ from image to image.
    number = np.add.outer(
        np.arange(batch), np.arange(len(attribute_names(method)))
    )
    values = {
        "image": image,
        "mask": mask.astype(np.uint8),
        "masks": np.repeat(parts, batch, axis=0),
        "attributes": (1 - number % 3).astype(np.float32),
        "seed": np.arange(batch) + 1,
    }
    example = {}
    for port in ports:
        value = values[port.kind]
        if port.picture != "image" and value.ndim > 2:
            value = np.ascontiguousarray(value[:, ::-1, ::-1])
        if signature.endswith("_encoded") and value.ndim > 2:
            value = _encoded(value)
        example[port.name] = value
    return example


def _ports_of(spec, signature):
    """The inputs of a signature."""
    if "_with_mask" in signature:
        return (*spec.required, *spec.masks_taken)
    for port in spec.images_taken:
        if f"_with_{port.name}" in signature:
            return (*spec.required, port)
    return spec.served


def _waves(batch, height, width):
    """(batch, height, width, 3) uint8 of smooth waves and noise."""
    rows, columns = np.mgrid[:height, :width]
    waves = [
        127.5 * (1 + np.sin((number + 2) * rows / height + columns / width * 5))
        for number in range(batch)
    ]
    image = np.stack([np.stack([w, 255 - w, w / 2], -1) for w in waves])
    noise = np.random.default_rng(0).normal(0, 12, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


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
    root = str(Path(__file__).parents[2])
    with tempfile.TemporaryDirectory() as work:
        requests, answers = Path(work, "requests"), Path(work, "answers")
        write_records(requests, logs)
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "serving.replay",
                str(folder),
                str(requests),
                str(answers),
            ],
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(
                    filter(None, [root, os.environ.get("PYTHONPATH")])
                ),
                # This process may hold all memory of the GPU.
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

    Every signature must answer one image of the training size and two images of
    an odd size. The warm-up requests must also succeed.

    Args:
        method: `TranslationMethod` that the version was exported from.
        folder: path of the version's folder.
        replay: function of the folder and the requests. It returns the answers.

    Raises:
        UserError: the version cannot be loaded, or an answer differs from
            `method.translate` by more than 1 of 255.
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
            example_inputs(method, name, *size),
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
        if name.endswith("_encoded"):
            answer = _decoded(got[f"{output}_bytes"], values.shape[-1])
        else:
            answer = got[output]
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
        inputs: dict of a port's name to an array of its kind, see
            `example_inputs`. Files may have any size.
        all_steps: bool; calls `method.all_steps`.

    Returns:
        dict of an output port's name to a uint8 array: "image" (N, H, W, 3),
        "mask" (N, H, W, 1), "masks" (N, K, H, W, 1). With `all_steps` each has
        one more axis K.
    """
    spec, image = method.spec, inputs["image"]
    if image.dtype == object:
        image = _decoded(image, 3)
    height, width = image.shape[1:3]
    sides = [(0, -side % method.multiple) for side in (height, width)]
    floats = {}
    for port in spec.inputs:
        value = inputs.get(port.name)
        if port.name == "image":
            value = image
        if port.optional and (value is None or not value.size):
            continue  # the model finds it
        if port.kind in ("attributes", "seed"):
            floats[port.name] = value
            continue
        if value.dtype == object:
            value = _decoded(value, 3 if port.kind == "image" else 1)
            if port.kind == "image":
                value = resized(value, (height, width)).numpy()
        value = {
            "image": to_float,
            "mask": lambda mask: mask.astype(np.float32) / 255.0,
            "masks": lambda masks: (masks > 127).astype(np.float32),
        }[port.kind](value)
        padding = [(0, 0)] * (value.ndim - 3) + [*sides, (0, 0)]
        floats[port.name] = np.pad(value, padding, "reflect")
    ask = method.all_steps if all_steps else method.translate
    with tf.device("CPU:0"):  # the fresh process runs there
        answer = ask(
            {name: tf.constant(value) for name, value in floats.items()},
            direction,
        )
    return {
        port.name: _ANSWERS[port.kind](
            answer[port.name][..., :height, :width, :]
        )
        for port in (spec.steps if all_steps else spec.outputs)
    }
