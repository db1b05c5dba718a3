"""Good requests, and ways to damage them, chosen by a seed and a number."""

import functools
import io
import random
import zlib
from typing import NamedTuple

import numpy as np
from PIL import Image

from serving.conformance.requests import (
    floats,
    predict_request,
    spec,
    with_examples,
)
from serving.protocol import protos

_FORMATS = ("PNG", "JPEG", "GIF", "BMP")
_SIZES = (
    *(-(2**63), -2, -1, 0, 1, 2, 3, 4, 7, 8, 9, 64, 255, 1000, 10**6),
    *(2**31 - 1, 2**31, 2**40, 10**12, 2**62, 2**63 - 1),
)
_NAMES = (
    "",
    " ",
    "x",
    "X",
    "a",
    "b",
    "image",
    "inputs",
    "toy",
    "nope",
    "y",
    "x:0",
    "../toy",
    "0",
    "%s%n",
    "\0",
    "\u202e",
    "Grüße",
    "x" * 5000,
)
_FIELDS = (
    "half_val",
    "float_val",
    "double_val",
    "int_val",
    "int64_val",
    "uint32_val",
    "uint64_val",
    "bool_val",
    "scomplex_val",
    "dcomplex_val",
)


class Mutation(NamedTuple):
    """A damaged request.

    `kind` names the kind of damage. `method` is the `protos.Method` that
    receives the request. `data` are the bytes of the request.
    """

    kind: str
    method: protos.Method
    data: bytes


def strings(*items):
    """A 1-d array of bytes."""
    array = np.empty(len(items), object)
    array[:] = items
    return array


@functools.cache
def encoded_image(format: str) -> bytes:
    """An image file of 12 x 10 pixels (width x height) in this format."""
    pixels = np.random.default_rng(0).integers(0, 256, (10, 12, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, format)
    return file.getvalue()


@functools.cache
def good_requests() -> tuple[tuple[protos.Method, bytes], ...]:
    """Serialized good requests to the toy model: Predict, metadata, status."""
    pair = {"a": floats(2, 2), "b": floats(2, 2)}
    image = {"image": floats(1, 8, 8, 3)}
    metadata = spec(protos.GetModelMetadataRequest())
    metadata.metadata_field.append("signature_def")
    messages = [
        (protos.PREDICT, predict_request({"x": floats(2, 4)})),
        (protos.PREDICT, predict_request(pair, signature="pair")),
        (protos.PREDICT, predict_request({"x": floats(3)}, signature="types")),
        (protos.PREDICT, predict_request(image, signature="image")),
        (protos.GET_MODEL_METADATA, metadata),
        (protos.GET_MODEL_STATUS, spec(protos.GetModelStatusRequest())),
        *(
            (protos.PREDICT, _images(encoded_image(format)))
            for format in _FORMATS
        ),
    ]
    return _serialized(messages)


@functools.cache
def example_requests() -> tuple[tuple[protos.Method, bytes], ...]:
    """Well-formed requests with examples. The local server refuses them."""
    multi = protos.MultiInferenceRequest()
    for kind in ("classify", "regress"):
        task = spec(multi.tasks.add(), signature=kind)
        task.method_name = f"tensorflow/serving/{kind}"
    classify = spec(protos.ClassificationRequest(), signature="classify")
    regress = spec(protos.RegressionRequest(), signature="regress")
    messages = [
        (protos.CLASSIFY, with_examples(classify, 0.25, 1.0)),
        (protos.REGRESS, with_examples(regress, 0.25, 1.0)),
        (protos.MULTI_INFERENCE, with_examples(multi, 0.5)),
    ]
    return _serialized(messages)


def _serialized(requests):
    return tuple((method, r.SerializeToString()) for method, r in requests)


def _images(*files):
    return predict_request({"b": strings(*files)}, signature="bytes")


def _some_request(dice):
    return dice.choice(good_requests() + example_requests())


def _some_predict(dice):
    """A good PredictRequest, as a message that the caller can change."""
    method, data = _some_request(dice)
    while method != protos.PREDICT:
        method, data = _some_request(dice)
    return protos.PredictRequest.FromString(data)


def flip(dice: random.Random, data: bytes) -> bytes:
    """Replaces some bytes at random places."""
    changed = bytearray(data)
    for _ in range(dice.choice((1, 1, 2, 4, 16))):
        changed[dice.randrange(len(changed))] = dice.randrange(256)
    return bytes(changed)


def cut(dice: random.Random, data: bytes) -> bytes:
    """Cuts off the end, or inserts random bytes."""
    at = dice.randrange(len(data) + 1)
    if dice.random() < 0.6:
        return data[:at]
    return data[:at] + dice.randbytes(dice.randint(1, 40)) + data[at:]


def _flips(dice):
    method, data = _some_request(dice)
    return method, flip(dice, data)


def _cuts(dice):
    method, data = _some_request(dice)
    return method, cut(dice, data)


def _noise(dice):
    method, _ = _some_request(dice)
    return method, dice.randbytes(dice.choice((0, 1, 10, 1000, 100_000)))


def _strangers(dice):
    # The request is good, but for another method.
    return _some_request(dice)[0], _some_request(dice)[1]


def _types(dice):
    request = _some_predict(dice)
    name = dice.choice(sorted(request.inputs))
    proto = request.inputs[name]
    proto.dtype = dice.choice((*range(0, 30), 101, 119, 2**31 - 1))
    if dice.random() < 0.5:
        proto.ClearField("tensor_content")
        getattr(proto, dice.choice(_FIELDS)).extend([1] * dice.randint(0, 70))
    return protos.PREDICT, request.SerializeToString()


def _shapes(dice):
    request = _some_predict(dice)
    proto = request.inputs[dice.choice(sorted(request.inputs))]
    if dice.random() < 0.3:
        proto.ClearField("tensor_content")
    shape = proto.tensor_shape
    if shape.dim and dice.random() < 0.5:
        shape.dim[dice.randrange(len(shape.dim))].size = dice.choice(_SIZES)
    else:
        del shape.dim[:]
        sizes = dice.choice((_SIZES, (1, 2), (0, 1, 2**40)))
        for _ in range(dice.choice((0, 1, 2, 3, 4, 5, 33, 65, 255, 300))):
            shape.dim.add(size=dice.choice(sizes))
    shape.unknown_rank = dice.random() < 0.1
    return protos.PREDICT, request.SerializeToString()


def _names(dice):
    request = _some_predict(dice)
    old = dice.choice(sorted(request.inputs))
    way = dice.randrange(4)
    if way == 0:  # renamed
        request.inputs[dice.choice(_NAMES)].CopyFrom(request.inputs[old])
        del request.inputs[old]
    elif way == 1:  # one more
        request.inputs[dice.choice(_NAMES)].CopyFrom(request.inputs[old])
    elif way == 2:  # one less
        del request.inputs[old]
    else:
        names = dice.choices(_NAMES, k=dice.choice((1, 2, 300)))
        request.output_filter.extend(names)
    return protos.PREDICT, request.SerializeToString()


def _models(dice):
    method, data = _some_request(dice)
    request = method.request.FromString(data)
    target = request
    if method == protos.MULTI_INFERENCE:
        target = request.tasks[dice.randrange(len(request.tasks))]
    model = target.model_spec
    for way in dice.sample(range(4), dice.randint(1, 2)):
        if way == 0:
            model.name = dice.choice(_NAMES)
        elif way == 1:
            model.signature_name = dice.choice((*_NAMES, "types", "classify"))
        elif way == 2:
            model.version.value = dice.choice(_SIZES)
        else:
            model.version_label = dice.choice(_NAMES)
    return method, request.SerializeToString()


def _files(dice):
    # Older releases of TensorFlow do not know WebP.
    files = [encoded_image(dice.choice((*_FORMATS, "WEBP")))]
    if dice.random() < 0.2:
        files.append(encoded_image("PNG"))
    spoil = dice.choice((flip, cut, lambda *_: b"", lambda *_: b"\0" * 64))
    files[0] = spoil(dice, files[0])
    return protos.PREDICT, _images(*files).SerializeToString()


def huge_tensor(dtype: int, *sizes: int):
    """`TensorProto` that has a shape and no values."""
    proto = protos.TensorProto(dtype=dtype)
    for size in sizes:
        proto.tensor_shape.dim.add(size=size)
    return proto


def huge_png(width: int, height: int) -> bytes:
    """A PNG file of 100 bytes whose header says this size."""
    body = b"IHDR" + width.to_bytes(4, "big") + height.to_bytes(4, "big")
    body += b"\x08\x02\0\0\0"
    data = b"IDAT" + zlib.compress(b"\0" * 5000)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        (len(part) - 4).to_bytes(4, "big")
        + part
        + zlib.crc32(part).to_bytes(4, "big")
        for part in (body, data)
    )


def huge_jpeg(width: int, height: int) -> bytes:
    """A small JPEG file whose header says this size."""
    data = encoded_image("JPEG")
    at = data.index(b"\xff\xc0") + 5
    size = height.to_bytes(2, "big") + width.to_bytes(2, "big")
    return data[:at] + size + data[at + 4 :]


def huge_jpeg_xl() -> bytes:
    """The header of a JPEG XL file of 2^30 x 2^30 pixels."""
    # The bits say: not a small image, a height of 30 bits, a width equal to
    # the height. All other fields have their usual values.
    bits = 0b11 << 1 | (2**30 - 1) << 3 | 1 << 33 | 1 << 36
    return b"\xff\x0a" + bits.to_bytes(16, "little")


# Name of the input, value of the input, signature. Each of these requests asks
# for gigabytes, or for more memory than any machine has.
BOMBS = (
    ("x", huge_tensor(1, 10**6, 10**6), "serving_default"),
    ("x", huge_tensor(1, 2**62, 4), "serving_default"),
    ("x", huge_tensor(1, 2**30, 0, 2**33), "serving_default"),
    ("b", huge_tensor(7, 10**12), "bytes"),
    ("b", huge_tensor(7, 10**9), "bytes"),
    ("b", strings(huge_png(60_000, 60_000)), "bytes"),
    ("b", strings(*[huge_png(5_000, 5_000)] * 40), "bytes"),
    ("b", strings(huge_jpeg(65_000, 65_000)), "bytes"),
    ("b", strings(huge_jpeg_xl()), "bytes"),
)


def _bombs(dice):
    name, value, signature = dice.choice(BOMBS)
    request = predict_request({name: value}, signature=signature)
    return protos.PREDICT, request.SerializeToString()


def _unguarded(dice):
    # This model does not check the rank. A wrong rank ends the process.
    shape = dice.choices((0, 1, 2, 3, 4, 8, 9), k=dice.randint(0, 6))
    request = predict_request({"image": floats(*shape)}, signature="unguarded")
    return protos.PREDICT, request.SerializeToString()


GENTLE = {
    "flipped bytes": _flips,
    "cut requests": _cuts,
    "noise": _noise,
    "requests of other methods": _strangers,
    "types": _types,
    "shapes": _shapes,
    "names": _names,
    "models and signatures": _models,
    "image files": _files,
}
# TensorFlow Serving itself does not refuse these.
HARSH = {"bombs": _bombs, "ranks": _unguarded}


def mutated(number: int, seed: int, *, harsh: bool) -> Mutation:
    """One damaged request. The same arguments give the same request.

    Args:
        number: int, number of the request.
        seed: int.
        harsh: bool; True adds requests that ask for huge memory, and tensors
            of any rank for a model that does not check the rank.

    Returns:
        `Mutation`.
    """
    dice = random.Random(f"{seed} {number}")
    kinds = {**GENTLE, **HARSH} if harsh else GENTLE
    kind = dice.choice(sorted(kinds))
    return Mutation(kind, *kinds[kind](dice))
