"""TensorFlow's runtime through ctypes, beside TensorFlow in one process."""

import concurrent.futures
import os
import pathlib

import numpy as np
import pytest
import tensorflow as tf

from serving.conformance.fixture import write_version
from serving.protocol.status import CallError
from serving.protocol.tensors import DATA_TYPES, Tensor
from serving.server.engine import Engine, session_config
from serving.server.tensorflow_c import library

pytestmark = pytest.mark.both_stacks


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_version(tmp_path_factory.mktemp("engine"), "toy", 3)


@pytest.fixture(scope="module")
def engine(folder):
    own_engine = Engine(folder)
    yield own_engine
    own_engine.close()


def run(engine, signature, outputs, timeout=None, **inputs):
    definition = engine.signatures[signature]
    feeds = {
        definition.inputs[name].name: Tensor(DATA_TYPES[kind], array)
        for name, (kind, array) in inputs.items()
    }
    names = [definition.outputs[name].name for name in outputs]
    return [output.array for output in engine.run(feeds, names, timeout)]


FLOAT, DOUBLE, STRING = 1, 2, 7


def ones(*shape):
    return np.ones(shape, np.float32)


def test_results_are_those_of_tensorflow(engine, folder):
    x = np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32)
    y, z = run(engine, "serving_default", ["y", "z"], x=(FLOAT, x))
    expected = tf.saved_model.load(folder).signatures["serving_default"](
        x=tf.constant(x)
    )
    np.testing.assert_allclose(y, expected["y"], rtol=1e-6)
    np.testing.assert_array_equal(z, expected["z"])


def test_the_threads_of_an_operation():
    config = tf.compat.v1.ConfigProto.FromString(session_config(300))
    assert config == tf.compat.v1.ConfigProto(intra_op_parallelism_threads=300)


def test_every_type_comes_back(engine):
    names = sorted(engine.signatures["types"].outputs)
    outputs = run(engine, "types", names, x=(FLOAT, np.float32([0, 1, 200])))
    arrays = dict(zip(names, outputs, strict=True))
    assert arrays["string"].tolist() == [b"0", b"1", b"200"]
    assert arrays["u8"].dtype == np.uint8
    assert arrays["half"].dtype == np.float16
    assert arrays["sc"].shape == ()


@pytest.mark.parametrize(
    ("kind", "array", "code", "text"),
    [
        (DOUBLE, np.ones((2, 4)), 3, "to be float but double is provided"),
        (FLOAT, ones(2, 3), 3, "Matrix size-incompatible"),
    ],
)
def test_errors_are_the_runtimes_own(engine, kind, array, code, text):
    with pytest.raises(CallError, match=text) as caught:
        run(engine, "serving_default", ["y"], x=(kind, array))
    assert caught.value.code == code


def test_a_timeout_stops_a_run(engine):
    with pytest.raises(CallError, match="Timed out") as caught:
        run(engine, "slow", ["y"], timeout=0.05, x=(FLOAT, ones(1, 4)))
    assert caught.value.code == 4


def test_an_unknown_tensor(engine):
    with pytest.raises(CallError, match="nope:0.*not found in the Graph"):
        engine.run({}, ["nope:0"])


def test_threads_run_at_once(engine):
    def one(number):
        x = np.full((2, 4), number, np.float32)
        return run(engine, "serving_default", ["z"], x=(FLOAT, x))[0]

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for number, z in enumerate(pool.map(one, range(200))):
            assert (z == 2 * number).all()


def test_a_folder_without_a_model(tmp_path):
    with pytest.raises(CallError, match="Could not find SavedModel") as caught:
        Engine(tmp_path)
    assert caught.value.code == 5
    (tmp_path / "saved_model.pb").write_bytes(b"")
    with pytest.raises(CallError, match="matching supplied tags: { serve }"):
        Engine(tmp_path)


def test_a_closed_engine_says_so(folder):
    engine = Engine(folder)
    engine.close()
    engine.close()
    with pytest.raises(CallError, match="unloaded"):
        run(engine, "serving_default", ["y"], x=(FLOAT, ones(1, 4)))


def resident():
    status = pathlib.Path("/proc/self/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def test_memory_comes_back(folder, engine):
    large = np.empty(2, object)
    large[:] = [b"x" * 2**22] * 2

    def use():
        with pytest.raises(CallError, match="Unknown image"):
            run(engine, "bytes", ["image"], b=(STRING, large))

    def load():
        Engine(folder).close()

    for action, turns in ((use, 60), (load, 10)):
        for _ in range(5):
            action()
        before = resident()
        for _ in range(turns):  # 8 MB each, or a session with its weights
            action()
        assert resident() - before < 60


@pytest.mark.parametrize("chosen", [None, "0"])
@pytest.mark.parametrize(
    ("name", "default"),
    [
        ("TF_FORCE_GPU_ALLOW_GROWTH", "true"),
        ("TF_ONEDNN_USE_SYSTEM_ALLOCATOR", "1"),
    ],
)
def test_memory_is_taken_as_it_is_needed(monkeypatch, name, default, chosen):
    monkeypatch.delenv(name, raising=False)
    if chosen:
        monkeypatch.setenv(name, chosen)
    library.__wrapped__()
    assert os.environ.pop(name) == (chosen or default)
