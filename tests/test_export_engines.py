"""Exported graphs in an engine that no one here wrote: OpenVINO."""

import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfmask.export.check import example_inputs
from tfmask.methods import NAMES, method_spec

# OpenVINO draws no random numbers.
READ = [name for name in NAMES if method_spec(name).several is None]

# Whatever way pytest imports test files, the helpers beside them are found.
sys.path.insert(0, str(Path(__file__).parent))
from exports import published  # noqa: E402


@pytest.mark.slow
@pytest.mark.skipif(
    keras.__version__ < "3", reason="its extra holds the default stack only"
)
@pytest.mark.parametrize("name", READ)
def test_openvino_reads_every_method_and_agrees(name, tmp_path_factory):
    openvino = pytest.importorskip("openvino")
    method, version = published(name, tmp_path_factory)
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
        found = theirs(inputs)
        assert len(found) == len(expected)
        for key, values in expected.items():
            values = values.numpy().astype(int)
            # An output of an input's name gets another one.
            got = found[f"{key}_1" if key in inputs else key]
            # float32 sums in another order, then rounded to 8 bits.
            np.testing.assert_allclose(got, values, atol=1, err_msg=key)
            assert (got == values).mean() > 0.98, key
        assert len(np.unique(expected["image"])) > 1
