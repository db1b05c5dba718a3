"""The residual attention module: the testable properties of its sheet."""

import numpy as np
import pytest
import tensorflow as tf
from precisions import policy

from tfmask.layers import ResidualAttention, emphasized

RNG = np.random.default_rng(0)
LARGE = {"class_name": "RandomNormal", "config": {"stddev": 0.5}}


def features(side=16, width=None, channels=4):
    values = RNG.normal(0, 1, (2, side, width or side - 4, channels))
    return tf.constant(values, "float32")


def module(**arguments):
    layer = ResidualAttention(
        **{"filters": 4, "kernel_initializer": LARGE, **arguments}
    )
    layer.build((None, None, None, layer.filters))
    for number, weight in enumerate(layer.trainable_weights):
        if len(weight.shape) == 1:  # scales and offsets that do something
            rng = np.random.default_rng(number)
            weight.assign(weight + rng.normal(0, 0.3, weight.shape))
    return layer


# The formula in NumPy, in float64.


def instance_norm(x, layer):
    gamma, beta = (w.numpy().astype("float64") for w in layer.weights)
    mean = x.mean((1, 2), keepdims=True)
    variance = x.var((1, 2), keepdims=True)
    return (x - mean) / np.sqrt(variance + 1e-5) * gamma + beta


def convolved(x, layer):
    (kernel,) = (w.numpy().astype("float64") for w in layer.weights)
    side = kernel.shape[0]
    height, width = x.shape[1:3]
    edge = side // 2
    x = np.pad(x, [(0, 0), (edge, edge), (edge, edge), (0, 0)])
    return sum(
        x[:, i : i + height, j : j + width] @ kernel[i, j]
        for i in range(side)
        for j in range(side)
    )


def unit(x, layer):
    y = x
    for norm, convolution in zip(layer.norms, layer.convolutions, strict=True):
        y = convolved(np.maximum(instance_norm(y, norm), 0), convolution)
    return x + y


def pooled(x):
    """3x3, stride 2; windows begin at 0 and are cut at the end."""
    rows, columns = (range(0, size, 2) for size in x.shape[1:3])
    return np.stack(
        [
            np.stack(
                [x[:, i : i + 3, j : j + 3].max((1, 2)) for j in columns], 1
            )
            for i in rows
        ],
        1,
    )


def weights_of_resize(small, large):
    """(large, small): bilinear, by the centres of pixels."""
    matrix = np.zeros((large, small))
    for i in range(large):
        place = np.clip((i + 0.5) * small / large - 0.5, 0, small - 1)
        low = int(place)
        high = min(low + 1, small - 1)
        matrix[i, low] += 1 - (place - low)
        matrix[i, high] += place - low
    return matrix


def resized(x, like):
    rows, columns = (
        weights_of_resize(*sizes)
        for sizes in zip(x.shape[1:3], like.shape[1:3], strict=True)
    )
    return np.einsum("hi,wj,bijc->bhwc", rows, columns, x)


def by_hand(x, layer):
    """(T, M, H) of a module with 3 levels."""
    x = unit(x, layer.first)
    trunk = unit(unit(x, layer.trunk[0]), layer.trunk[1])
    half = unit(pooled(x), layer.down[0])
    quarter = unit(pooled(half), layer.down[1])
    eighth = unit(pooled(quarter), layer.down[2])
    eighth = unit(eighth, layer.bottom)
    up = resized(eighth, quarter) + unit(quarter, layer.skips[1])
    up = unit(up, layer.up[1])
    up = resized(up, half) + unit(half, layer.skips[0])
    up = unit(up, layer.up[0])
    mask = resized(up, trunk)
    for norm, scores in zip(layer.score_norms, layer.scores, strict=True):
        mask = convolved(np.maximum(instance_norm(mask, norm), 0), scores)
    mask = 1 / (1 + np.exp(-mask))
    return trunk, mask, unit((1 + mask) * trunk, layer.last)


def test_it_is_the_papers_formula():
    layer, x = module(), features(16, 8)
    trunk, mask, output = by_hand(x.numpy().astype("float64"), layer)
    got_trunk, got_mask = layer.parts(x)
    np.testing.assert_allclose(got_trunk, trunk, atol=1e-4)
    np.testing.assert_allclose(got_mask, mask, atol=1e-4)
    np.testing.assert_allclose(layer(x), output, atol=1e-3)
    assert mask.std() > 0.1


@pytest.mark.parametrize(
    ("filters", "levels", "count"),
    [(64, 3, 62_976), (64, 2, 49_344), (64, 1, 35_712), (32, 3, 16_384)],
)
def test_parameter_counts_of_the_sheet(filters, levels, count):
    assert module(filters=filters, levels=levels).count_params() == count


@pytest.mark.parametrize("levels", [1, 2, 3])
@pytest.mark.parametrize("side", [8, 13, 16])
def test_any_size_and_signs_that_agree(levels, side):
    layer, x = module(levels=levels), features(side)
    trunk, mask = (part.numpy() for part in layer.parts(x))
    assert layer(x).shape == trunk.shape == mask.shape == x.shape
    assert mask.min() > 0 and mask.max() < 1
    output = emphasized(trunk, mask)
    assert (np.sign(output) == np.sign(trunk)).all()
    assert (np.abs(output) >= np.abs(trunk)).all()
    assert (np.abs(output) <= 2 * np.abs(trunk)).all()


@pytest.mark.medium
def test_sizes_known_late_give_the_same():
    layer, x = module(), features(13)
    graph = tf.function(
        layer, input_signature=[tf.TensorSpec((None, None, None, 4))]
    )
    np.testing.assert_allclose(graph(x), layer(x), atol=1e-5)


def test_the_operator_and_its_gradient():
    x, mask = features(), tf.random.uniform((2, 16, 12, 4), seed=0)
    np.testing.assert_array_equal(emphasized(x, 0.0 * mask), x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        output = emphasized(x, mask)
    np.testing.assert_allclose(tape.gradient(output, x), 1 + mask, rtol=1e-6)


def test_every_weight_learns():
    layer, x = module(), features()
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(layer(x) ** 2)
    for gradient in tape.gradient(total, layer.trainable_weights):
        assert np.abs(gradient).max() > 1e-4


def test_half_precision():
    with policy("mixed_bfloat16"):
        output = module()(features())
    assert output.dtype == tf.bfloat16
    assert np.isfinite(tf.cast(output, tf.float32)).all()


def test_config_and_weights_restore_the_function():
    layer, x = module(levels=2), features()
    again = ResidualAttention.from_config(layer.get_config())
    again.build(x.shape)
    again.set_weights(layer.get_weights())
    np.testing.assert_array_equal(again(x), layer(x))


def test_no_level_is_refused():
    with pytest.raises(ValueError, match="`levels` must be 1 or more. Got: 0"):
        ResidualAttention(4, levels=0)
