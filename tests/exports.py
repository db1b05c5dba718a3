"""Methods of tiny networks for tests of exports, and questions to them."""

import base64
import contextlib
import dataclasses
import json
import queue
import struct
import threading

import keras
import numpy as np
import pytest
import tensorflow as tf

from serving.local_server import Options, serve
from serving.protocol import protos
from serving.protocol.status import INVALID_ARGUMENT, CallError
from serving.protocol.tensors import fill_proto, from_proto, plain_array
from serving.server.prediction import predict
from serving.server.servable import Servable, ServableOptions
from tfmask.export.check import example_inputs
from tfmask.export.signatures import export_method
from tfmask.methods import NAMES, method_spec, preset_config

# One method of each class. The others of a class only have other options. For
# tests that take many seconds for each method.
_FIRST = {method_spec(name).model: name for name in reversed(NAMES)}
CLASSES = [name for name in NAMES if name in _FIRST.values()]

# Sizes of tiny networks, by the names that methods share.
TINY = {
    "filters": 4,
    "blocks": 1,
    "layers": 2,
    "levels": 2,
    "shortcut_layers": 1,
    "inject_layers": 1,
    "attention_filters": 4,
    "attention_levels": 2,
    "attention_blocks": 1,
    "discriminator_filters": 4,
    "discriminator_layers": 1,
    "discriminator_levels": 2,
    "discriminator_scales": 2,
    "discriminator_units": 4,
    # Small codes: the decoder's scales are exponentials of them.
    "style_size": 2,
    "style_hidden": 4,
    "mask_layers": 1,
    "global_layers": 2,
    "local_layers": 1,
    "attention_steps": 1,
    "cam_layer": 1,
    # Kernels large enough for vectors that differ.
    "initializer_gain": 1.0,
}
ATTRIBUTES = {"attributes": ("hat", "smile", "beard")}
PAIRS = {"direction": "b_to_a"}
# More options of tiny methods, for exports.
EXTRA = {
    **dict.fromkeys(("attgan", "stargan", "stgan", "lomit"), ATTRIBUTES),
    **dict.fromkeys(("cam_attgan", "cam_stgan"), ATTRIBUTES),
    # Two layers, so that Grad-CAM is a gradient through one of them.
    "cam_stargan": {**ATTRIBUTES, "discriminator_layers": 2},
    **dict.fromkeys(("pix2pix", "cgan", "gan"), PAIRS),
    "segmenter": {"palette": ((0, 0, 0), (255, 90, 0))},
    "guidegan": {"attention": "ram", "transfer": "rgba"},
    "guidegan_paired": {**PAIRS, "conditional": True},
    # Random weights without normalisation would magnify rounding.
    "instagan": {"normalization": "instance"},
}


def tiny_options(options):
    """dict of options that make a method's networks tiny.

    Args:
        options: a method's config.
    """
    return {name: n for name, n in TINY.items() if hasattr(options, name)}


def tiny_method(name, **options):
    """A method of tiny networks, with weights that change an image."""
    config = preset_config(name, "quick", "synthetic").method
    config = dataclasses.replace(
        config, **{**tiny_options(config), **EXTRA.get(name, {}), **options}
    )
    method = method_spec(name).load_model()(config, image_size=(16, 16))
    random = np.random.default_rng(5)
    for network in method.networks.values():
        for weight in network.trainable_weights:
            values = random.normal(0, 0.3, weight.shape)
            weight.assign(values.astype("float32"))
    return method


def published(method, tmp_path_factory, **options):
    """(method, folder of its only version), for a fixture.

    Args:
        method: a method, or the name of a `tiny_method`.
        tmp_path_factory: pytest's.
        **options: of `export_method`.
    """
    method = tiny_method(method) if isinstance(method, str) else method
    base = tmp_path_factory.mktemp("models")
    return method, export_method(method, base, "toy", **options)


def served(version):
    """Yields a version in the runtime that the local server uses."""
    servable = Servable(version, ServableOptions())
    yield servable
    servable.close()


def replayed_by(servable):
    """`replay` of `check_version`, without a process of its own."""

    def replay(folder, logs):
        for log in logs:
            answer = predict(servable, 1, log.predict_log.request, None)
            log.predict_log.response.ParseFromString(answer)
        return logs

    return replay


def assert_openvino_agrees(method, version):
    """OpenVINO, which is not ours, reads a version and answers as TensorFlow.

    Args:
        method: the method that was exported.
        version: folder of its version.
    """
    if keras.__version__ < "3":
        pytest.skip("its extra holds the default stack only")
    if method.spec.several is not None:
        pytest.skip("OpenVINO draws no random numbers")
    openvino = pytest.importorskip("openvino")
    theirs = openvino.Core().compile_model(
        str(version), "CPU", {"INFERENCE_PRECISION_HINT": "f32"}
    )
    ours = tf.saved_model.load(str(version)).signatures["serving_default"]
    for size in ((16, 16), (19, 22)):  # with nothing to pad, and padded
        inputs = example_inputs(method, method.directions[0], 2, *size)
        random = np.random.default_rng(size)
        for key in {"image", "exemplar"} & set(inputs):
            noise = random.integers(0, 256, inputs[key].shape)
            inputs[key] = noise.astype("uint8")
        expected = ours(**{k: tf.constant(v) for k, v in inputs.items()})
        outputs = theirs(inputs)
        assert len(outputs) == len(expected)
        for key, values in expected.items():
            values = values.numpy().astype(int)
            # An output of an input's name gets another one.
            got = outputs[f"{key}_1" if key in inputs else key]
            # float32 sums in another order, then rounded to 8 bits.
            np.testing.assert_allclose(got, values, atol=1, err_msg=key)
            assert (got == values).mean() > 0.98, key
        assert len(np.unique(expected["image"])) > 1


@contextlib.contextmanager
def served_here(**options):
    """A server in a thread of this process, until the block ends.

    Args:
        **options: of `serving.local_server.Options`.

    Yields:
        str, its host:port.
    """
    ports, stopped = queue.Queue(), threading.Event()
    options = Options(port=0, **options)

    def run():
        try:
            serve(options, stopped, ports.put)
        finally:
            ports.put(None)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        target = ports.get(timeout=60)
        assert target, "the server did not start"
        yield target
    finally:
        stopped.set()
        thread.join()


def ask_raw(servable, signature, **inputs):
    """Sends arrays to a signature; returns its name to `TensorProto`."""
    request = protos.PredictRequest()
    request.model_spec.signature_name = signature
    for name, value in inputs.items():
        fill_proto(request.inputs[name], value)
    answer = predict(servable, 1, request, None)
    return protos.PredictResponse.FromString(answer).outputs


def ask(servable, signature, **inputs):
    """Sends arrays to a signature; returns arrays, without `_bytes`."""
    outputs = ask_raw(servable, signature, **inputs)
    return {
        name.removesuffix("_bytes"): plain_array(from_proto(proto))
        for name, proto in outputs.items()
    }


def rest_json(outputs):
    """What TensorFlow Serving's REST API answers to a request by rows.

    Its `json_tensor.cc` writes strings as base64 only where the output's name
    ends in `_bytes`; others it copies as they are, and JSON is UTF-8.

    Args:
        outputs: name to `TensorProto`, two or more.

    Returns:
        str.

    Raises:
        UnicodeDecodeError: that is no JSON.
    """

    def cell(name, value):
        if isinstance(value, bytes) and name.endswith("_bytes"):
            return {"b64": base64.b64encode(value).decode()}
        if isinstance(value, bytes):
            return value.decode("utf-8")
        if isinstance(value, list):
            return [cell(name, item) for item in value]
        return value

    columns = {
        name: plain_array(from_proto(proto)).tolist()
        for name, proto in outputs.items()
    }
    rows = [
        dict(zip(columns, values, strict=True))
        for values in zip(*columns.values(), strict=True)
    ]
    rows = [{n: cell(n, v) for n, v in row.items()} for row in rows]
    return json.dumps({"predictions": rows}, ensure_ascii=False)


def refused(engine, signature, text, **inputs):
    """The graph itself refuses. No check of ours comes before it."""
    table = engine.signatures[signature]
    feeds = {}
    for name, value in inputs.items():
        proto = protos.TensorProto()
        fill_proto(proto, value)
        feeds[table.inputs[name].name] = from_proto(proto)
    with pytest.raises(CallError, match=text) as caught:
        engine.run(feeds, [info.name for info in table.outputs.values()])
    assert caught.value.code == INVALID_ARGUMENT


def with_junk(jpeg, size=None):
    """Bytes between two segments of a JPEG, which decoders skip.

    Args:
        jpeg: bytes of a file.
        size: (height, width) that its header says then; None: its own.
    """
    at = jpeg.index(b"\xff\xc0")
    header = jpeg[at : at + 9]
    if size:
        header = header[:5] + struct.pack(">HH", *size)
    return jpeg[:at] + b"abc" + header + jpeg[at + 9 :]


def encoded(images):
    """(..., H, W, C) uint8 to an object array (...) of PNG bytes."""
    flat = images.reshape(-1, *images.shape[-3:])
    files = np.empty(len(flat), object)
    files[:] = [tf.io.encode_png(single).numpy() for single in flat]
    return files.reshape(images.shape[:-3])


def decoded(files):
    """(N,) PNG bytes to (N, H, W, C) uint8."""
    return np.stack([tf.io.decode_png(file).numpy() for file in files])
