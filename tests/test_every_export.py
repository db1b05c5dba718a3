"""Exports of every class, in our runtime and in OpenVINO, which is not ours."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from exports import CLASSES, published, replayed_by, served

from tfmask.export.check import check_version, example_inputs
from tfmask.methods import method_spec

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=CLASSES)
def exported(request, tmp_path_factory):
    """(name, method of tiny networks, folder of its version)."""
    return request.param, *published(request.param, tmp_path_factory)


def test_it_answers_as_translate(exported):
    _, method, version = exported
    for servable in served(version):
        check_version(method, version, replay=replayed_by(servable))


@pytest.mark.skipif(
    keras.__version__ < "3", reason="its extra holds the default stack only"
)
def test_openvino_reads_it_and_agrees(exported):
    name, method, version = exported
    if method_spec(name).several is not None:
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
