"""STGAN's unit against its equations."""

import numpy as np
import pytest
import tensorflow as tf

from tfmask.layers import SelectiveTransferUnit
from tfmask.ops.errors import UserError

RNG = np.random.default_rng(0)
FEATURES = RNG.normal(size=(2, 8, 8, 3)).astype("float32")
STATE = RNG.normal(size=(2, 4, 4, 5)).astype("float32")


def built(passed_state="reset"):
    unit = SelectiveTransferUnit(
        3, passed_state=passed_state, kernel_initializer=LARGE
    )
    unit.build(STATE.shape)
    for layer in (unit.reset_gate, unit.update_gate, unit.information):
        layer.bias.assign(RNG.normal(size=3))
    return unit


LARGE = {"class_name": "RandomNormal", "config": {"stddev": 0.5}}


@pytest.mark.parametrize("passed_state", ["reset", "output", "upsampled"])
def test_equations(passed_state):
    unit = built(passed_state)

    def conv(layer, *inputs):
        kernel, bias = layer.kernel, layer.bias
        both = tf.concat(inputs, axis=-1)
        return tf.nn.conv2d(both, kernel, 1, "SAME") + bias

    up = unit.upsampling(STATE)
    reset = tf.sigmoid(conv(unit.reset_gate, FEATURES, up)) * up
    update = tf.sigmoid(conv(unit.update_gate, FEATURES, up))
    information = tf.tanh(conv(unit.information, FEATURES, reset))
    expected = (1 - update) * up + update * information
    output, state = unit(FEATURES, STATE)
    np.testing.assert_allclose(output, expected, atol=1e-5)
    wanted = {"reset": reset, "output": expected, "upsampled": up}
    np.testing.assert_allclose(state, wanted[passed_state], atol=1e-5)


@pytest.mark.parametrize(("bias", "other"), [(-50.0, "state"), (50.0, "new")])
def test_the_update_gate_chooses(bias, other):
    """A closed gate gives the state, an open gate the new information."""
    unit = built()
    unit.update_gate.bias.assign(np.full(3, bias))
    output, _ = unit(FEATURES, STATE)
    up = unit.upsampling(STATE)
    if other == "state":
        np.testing.assert_allclose(output, up, atol=1e-6)
    else:
        assert np.abs(output).max() <= 1.0
        assert np.abs(output - up).max() > 0.5


def test_parameter_count():
    """T: 16 * 5 * 3 + 3; three convolutions of 9 * 6 * 3 + 3."""
    assert built().count_params() == 243 + 3 * 165


def test_config_round_trip():
    unit = built("output")
    again = SelectiveTransferUnit.from_config(unit.get_config())
    again.build(STATE.shape)
    again.set_weights(unit.get_weights())
    for one, other in zip(
        again(FEATURES, STATE), unit(FEATURES, STATE), strict=True
    ):
        np.testing.assert_array_equal(one, other)


def test_unknown_state_names_the_known_ones():
    with pytest.raises(UserError, match="Did you mean: reset"):
        SelectiveTransferUnit(3, passed_state="rest")
