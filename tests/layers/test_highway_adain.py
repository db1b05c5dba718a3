"""HAdaIN: borders, one pass against two terms, statistics of a region."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfmask.layers import HighwayAdaIN, StyleParameters, highway_adain
from tfmask.layers.highway_adain import DEVIATIONS

RNG = np.random.default_rng(0)
SHAPE = (2, 6, 5, 3)
FEATURES = RNG.normal(2.0, 3.0, SHAPE).astype("float32")
FOREGROUND, BACKGROUND = (
    tuple(RNG.normal(size=(2, 3)).astype("float32") for _ in range(2))
    for _ in range(2)
)


def adain(style, form="spatial"):
    """(scale, offset) in NumPy, with the deviation of either form."""
    mean = FEATURES.mean((1, 2), keepdims=True)
    deviation = np.sqrt(FEATURES.var((1, 2), keepdims=True) + 1e-5)
    if form == "rows":
        rows = FEATURES.std(2, ddof=1, keepdims=True)
        deviation = rows.std(1, ddof=1, keepdims=True) + 1e-5
    scale, offset = (values[:, None, None, :] for values in style)
    return scale * (FEATURES - mean) / deviation + offset


def attention(value):
    return np.full((*SHAPE[:3], 1), value, "float32")


@pytest.mark.parametrize("level", [0.0, 0.5, 1.0])
def test_constant_masks_weigh_the_two_adains(level):
    got = highway_adain(FEATURES, attention(level), FOREGROUND, BACKGROUND)
    expected = level * adain(FOREGROUND) + (1 - level) * adain(BACKGROUND)
    np.testing.assert_allclose(got, expected, atol=1e-5)


@pytest.mark.parametrize("form", DEVIATIONS)
def test_one_pass_is_the_two_term_form(form):
    soft = RNG.uniform(size=(*SHAPE[:3], 1)).astype("float32")
    got = highway_adain(FEATURES, soft, FOREGROUND, BACKGROUND, form)
    inside, outside = (adain(style, form) for style in (FOREGROUND, BACKGROUND))
    expected = soft * inside + (1 - soft) * outside
    np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-5)


def test_flat_features_have_a_finite_gradient_by_rows():
    flat = tf.Variable(np.ones((1, 4, 4, 2), "float32"))
    style = np.ones((1, 2), "float32")
    with tf.GradientTape() as tape:
        outputs = highway_adain(
            flat, attention(0.5)[:1, :4, :4], (style, style), (style, style),
            "rows",
        )  # fmt: skip
    np.testing.assert_array_equal(outputs, np.ones((1, 4, 4, 2)))
    assert np.isfinite(tape.gradient(outputs, flat)).all()


def test_statistics_of_a_full_mask_are_scale_and_offset():
    got = highway_adain(
        FEATURES, attention(1.0), FOREGROUND, BACKGROUND
    ).numpy()
    scale, offset = FOREGROUND
    np.testing.assert_allclose(got.mean((1, 2)), offset, atol=1e-5)
    np.testing.assert_allclose(got.std((1, 2)), np.abs(scale), atol=1e-4)


@pytest.mark.parametrize("form", ["exponential", "linear"])
def test_parameters_of_a_style_are_the_mlps(form):
    layer = StyleParameters(3, hidden=4, scale_form=form)
    style = RNG.normal(size=(2, 8)).astype("float32")
    scale, offset = layer(style)
    values = style
    for number, dense in enumerate((layer.first, layer.second, layer.last)):
        kernel, bias = dense.get_weights()
        values = values @ kernel + bias
        if number < 2:
            values = np.where(values > 0, values, 0.01 * values)
    np.testing.assert_allclose(offset, values[:, :3], atol=1e-5)
    expected = values[:, 3:]
    if form == "exponential":
        expected = np.exp(0.5 * expected)
        assert scale.numpy().min() > 0
    np.testing.assert_allclose(scale, expected, rtol=1e-4, atol=1e-5)


def test_layer_has_one_mlp_a_style_of_the_sheets_size():
    layer = HighwayAdaIN(256)
    layer.build((None, 8, 8, 256))
    assert layer.count_params() == 2 * 199_680


def test_layer_reads_each_style_where_it_belongs():
    layer = HighwayAdaIN(3, hidden=4)
    styles = RNG.normal(size=(3, 2, 8)).astype("float32")
    hard = attention(0.0)
    hard[:, :3] = 1.0
    one = layer(FEATURES, hard, styles[0], styles[1]).numpy()
    other = layer(FEATURES, hard, styles[2], styles[1]).numpy()
    np.testing.assert_array_equal(one[:, 3:], other[:, 3:])
    assert np.abs(one[:, :3] - other[:, :3]).min() > 0
    again = HighwayAdaIN.from_config(layer.get_config())
    assert again.get_config() == layer.get_config()


def test_half_precision_keeps_float32_statistics():
    big = tf.cast(FEATURES * 100 + 5000, tf.float16)
    got = highway_adain(big, attention(1.0), FOREGROUND, BACKGROUND)
    assert got.dtype == tf.float16 and np.isfinite(got.numpy()).all()


def test_unknown_forms_are_named():
    with pytest.raises(ValueError, match="`scale_form` must be.*'square'"):
        StyleParameters(3, scale_form="square")
    with pytest.raises(ValueError, match="`deviation` must be.*'columns'"):
        HighwayAdaIN(3, deviation="columns")


def test_gradient_of_the_mask_is_the_difference_of_the_styles():
    soft = tf.Variable(attention(0.3))
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(
            highway_adain(FEATURES, soft, FOREGROUND, BACKGROUND)
        )
    expected = (adain(FOREGROUND) - adain(BACKGROUND)).sum(-1, keepdims=True)
    np.testing.assert_allclose(tape.gradient(total, soft), expected, atol=1e-4)


def test_saved_weights_restore_the_layer(tmp_path):
    styles = RNG.normal(size=(2, 2, 8)).astype("float32")
    inputs = (FEATURES, attention(0.4), *styles)
    layer, again = HighwayAdaIN(3, hidden=4), HighwayAdaIN(3, hidden=4)
    expected = layer(*inputs)
    assert np.abs(again(*inputs) - expected).max() > 0
    again.set_weights(layer.get_weights())
    np.testing.assert_array_equal(again(*inputs), expected)
    assert isinstance(again, keras.layers.Layer)


@pytest.mark.parametrize("form", DEVIATIONS)
def test_graphs_of_unknown_sizes_run(form):
    """TensorFlow 2.15 died of one that subtracts the mean first."""
    style = (tf.TensorSpec((None, 3)),) * 2
    graph = tf.function(
        functools.partial(highway_adain, deviation=form),
        input_signature=[
            tf.TensorSpec((None, None, None, 3)),
            tf.TensorSpec((None, None, None, 1)),
            style,
            style,
        ],
    )
    mask = RNG.random((*SHAPE[:3], 1), "float32")
    got = graph(FEATURES, mask, FOREGROUND, BACKGROUND)
    inside, outside = (adain(style, form) for style in (FOREGROUND, BACKGROUND))
    expected = mask * inside + (1.0 - mask) * outside
    np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-4)
