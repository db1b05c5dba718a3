"""Digits: layers, losses and networks at 256 px against float64."""

import numpy as np
import pytest
import tensorflow as tf
from precisions import policy

from tfmask.layers import (
    BatchNormalization,
    InstanceNormalization,
    LayerNormalization,
)
from tfmask.layers.highway_adain import highway_adain
from tfmask.losses import (
    gradient_penalty,
    l1,
    mask_area,
    mask_variation,
)
from tfmask.networks import InstanceGenerator, ResNetGenerator
from tfmask.ops import precision
from tfmask.ops.precision import (
    exact,
    mean_over,
    moments,
    normalized,
    standardized,
)

SIDE = 256
# TensorFlow's reduction over both axes at once has errors of 1e-3 and more on
# the plain image. Sums of 256 numbers and of 256 sums have at most 2 * 256
# roundings of 6e-8, in any order.
TOLERANCE = 1e-4


def picture(kind, channels=3):
    """(1, 256, 256, C) float64: a disc before a flat ground, or noise."""
    rows, columns = np.mgrid[:SIDE, :SIDE] / SIDE - 0.5
    random = np.random.default_rng(3)
    if kind == "busy":
        return random.uniform(-1, 1, (1, SIDE, SIDE, channels))
    disc = np.hypot(rows, columns)[..., None] < 0.2
    inside, outside = random.uniform(-1, 1, (2, channels))
    return np.where(disc, inside, outside)[None]


def by_numpy(values, axes):
    """Normalised values in float64."""
    mean = values.mean(axes, keepdims=True)
    variance = values.var(axes, keepdims=True)
    return (values - mean) / np.sqrt(variance + 1e-5)


kinds = pytest.mark.parametrize("kind", ["plain", "busy"])


def test_only_half_precision_and_arrays_become_float32():
    for dtype, wanted in (
        (tf.bfloat16, tf.float32),
        (tf.float16, tf.float32),
        (tf.float32, tf.float32),
        (tf.float64, tf.float64),
    ):
        assert exact(tf.constant([1.0], dtype)).dtype == wanted
    assert exact(np.ones(2)).dtype == tf.float32
    assert mean_over(tf.ones((2, 3), tf.bfloat16), (1,)).dtype == tf.float32


@pytest.mark.parametrize("keepdims", [False, True])
def test_axes_are_reduced(keepdims):
    values = np.random.default_rng(0).normal(size=(2, 3, 4, 5))
    np.testing.assert_allclose(
        mean_over(tf.constant(values), (2, 1), keepdims),
        values.mean((1, 2), keepdims=keepdims),
        rtol=1e-12,
    )


@kinds
def test_moments_and_their_gradients(kind):
    results = {}
    upstream = np.random.default_rng(0).normal(0.5, 1.0, (1, SIDE, SIDE, 3))
    for dtype in (tf.float32, tf.float64):
        values = tf.constant(picture(kind), dtype)
        with tf.GradientTape() as tape:
            tape.watch(values)
            outputs = standardized(values, *moments(values, (2, 1)), 1e-5)
        slope = tape.gradient(outputs, values, tf.constant(upstream, dtype))
        results[dtype] = outputs.numpy(), slope.numpy()
    for one, other in zip(*results.values(), strict=True):
        largest = max(1.0, np.abs(other).max())
        np.testing.assert_allclose(one, other, rtol=0, atol=TOLERANCE * largest)
    np.testing.assert_allclose(
        results[tf.float64][0], by_numpy(picture(kind), (1, 2)), atol=1e-9
    )


@kinds
@pytest.mark.parametrize("dtype", ["float32", "mixed_bfloat16"])
@pytest.mark.parametrize(
    ("layer", "axes", "options"),
    [
        (InstanceNormalization, (1, 2), {}),
        (LayerNormalization, (1, 2, 3), {}),
        (BatchNormalization, (0, 1, 2), {"mode": "batch"}),
    ],
)
def test_normalisation_layers(layer, axes, options, kind, dtype):
    image = tf.constant(picture(kind), tf.float32)
    tolerance = TOLERANCE
    if dtype == "mixed_bfloat16":
        image = tf.cast(image, tf.bfloat16)
        tolerance = 2.0**-8 * 4  # half a step of a number below 4
    output = layer(dtype=dtype)(image, **options)
    expected = by_numpy(tf.cast(image, tf.float64).numpy(), axes)
    assert np.abs(expected).max() < 4
    np.testing.assert_allclose(
        tf.cast(output, tf.float64), expected, rtol=0, atol=tolerance
    )


@kinds
def test_highway_adain(kind):
    image = picture(kind)
    one, none = np.ones((1, 3)), np.zeros((1, 3))
    output = highway_adain(
        tf.constant(image, tf.float32),
        np.ones((1, SIDE, SIDE, 1)),
        (one, none),
        (none, one),
    )
    np.testing.assert_allclose(
        output, by_numpy(image, (1, 2)), rtol=0, atol=TOLERANCE
    )


@kinds
def test_losses(kind):
    image = picture(kind)
    other = 0.9 * image + 0.01
    mask = 0.5 + 0.4 * image[..., :1]
    single = tf.constant(image, tf.float32)

    def critic(images):
        return tf.reduce_sum(0.01 * images**3 + 0.002 * images, [1, 2, 3])

    between = 0.5 * (image + other)
    slope = 0.03 * between**2 + 0.002
    for got, expected in (
        (l1(single, other), np.abs(image - other).mean()),
        (mask_area(tf.constant(mask, tf.float32), "sum"), mask.sum()),
        (
            mask_variation(tf.constant(mask, tf.float32)),
            sum(np.abs(np.diff(mask, axis=axis)).sum() for axis in (1, 2)),
        ),
        (
            gradient_penalty(critic, single, other, np.full(1, 0.5)),
            (np.sqrt((slope**2).sum()) - 1.0) ** 2,
        ),
    ):
        np.testing.assert_allclose(got.numpy(), [expected], rtol=2e-5)


def tiny_generators():
    options = {"filters": 4, "blocks": 1}
    return [
        (lambda: ResNetGenerator(**options), (SIDE, SIDE), 0),
        (lambda: InstanceGenerator(**options), (200, 200), 1),
    ]


@kinds
@pytest.mark.parametrize(("make", "size", "masks"), tiny_generators())
def test_generators(make, size, masks, kind):
    def translated(precision, weights=None):
        with policy(precision):
            network = make()
            network.build((None, *size, 3))
        if weights is not None:
            network.set_weights(weights)
        dtype = tf.float64 if precision == "float64" else tf.float32
        image = tf.constant(picture(kind)[:, : size[0], : size[1]], dtype)
        # Not all ones: a flat map has only rounding errors to normalise.
        half = np.ones((1, 1, *size, 1))
        half[:, :, :, 50:] = -1.0
        outlines = [tf.constant(half, dtype)] * masks
        outputs = network(image, *outlines)
        outputs = outputs[0] if masks else outputs
        return outputs.numpy(), network.get_weights()

    single, weights = translated("float32")
    double, _ = translated("float64", weights)
    assert double.dtype == np.float64
    assert np.ptp(double) > 0.01
    np.testing.assert_allclose(single, double, rtol=0, atol=TOLERANCE)
    half, _ = translated("mixed_bfloat16", weights)
    assert half.dtype == np.float32
    # Eight bits a number, ten layers: an eighth of the range is far more.
    assert np.abs(half - double).max() < 0.125 * np.ptp(double)


def of_operations(values, axes, epsilon, unbiased):
    """`normalized` by operations whose gradients are TensorFlow's."""
    centered = values - tf.reduce_mean(values, axes, keepdims=True)
    variance = tf.reduce_mean(centered**2, axes, keepdims=True)
    if unbiased:
        count = np.prod([values.shape[axis] for axis in axes])
        variance *= count / (count - 1)
    return centered / tf.sqrt(variance + epsilon)


@pytest.mark.parametrize("unbiased", [False, True])
@pytest.mark.parametrize("axes", [(2, 1), (2, 1, 3)])
def test_the_closed_gradient_and_its_own_are_tensorflows(axes, unbiased):
    random = np.random.default_rng(0)
    values, weights = tf.constant(random.normal(2.0, 3.0, (2, 2, 5, 4, 3)))

    def derivatives(function):
        with tf.GradientTape() as outer:
            outer.watch(values)
            with tf.GradientTape() as inner:
                inner.watch(values)
                outputs = function(values, axes, 1e-2, unbiased)
                total = tf.reduce_sum(outputs**2 * weights)
            first = inner.gradient(total, values)
            penalty = tf.reduce_sum(first**3)
        return outputs, first, outer.gradient(penalty, values)

    expected = derivatives(of_operations)
    for derivative, wanted in zip(
        derivatives(normalized), expected, strict=True
    ):
        scale = np.abs(wanted).max()
        np.testing.assert_allclose(derivative, wanted, atol=1e-12 * scale)


def test_sizes_known_late():
    values = np.random.default_rng(0).normal(size=(1, 4, 6, 2))
    open_sizes = tf.TensorSpec([None, None, None, 2], tf.float64)

    @tf.function(input_signature=[open_sizes])
    def slopes(images):
        with tf.GradientTape() as tape:
            tape.watch(images)
            outputs = normalized(images, (2, 1), 1e-5, unbiased=True)
            total = tf.reduce_sum(outputs**3)
        return tape.gradient(total, images)

    images = tf.constant(values)
    with tf.GradientTape() as tape:
        tape.watch(images)
        total = tf.reduce_sum(of_operations(images, (2, 1), 1e-5, True) ** 3)
    expected = tape.gradient(total, images)
    np.testing.assert_allclose(slopes(images), expected, atol=1e-12)


@pytest.mark.parametrize(
    ("flags", "there"),
    [("flags : fpu avx2", False), ("flags : avx512_bf16 fpu", True)],
)
def test_which_processors_have_bfloat16(flags, there, monkeypatch, tmp_path):
    file = tmp_path / "cpuinfo"
    monkeypatch.setattr(precision, "_PROCESSORS", file)
    monkeypatch.setattr(
        precision, "_has_bfloat16", precision._has_bfloat16.__wrapped__
    )
    assert precision.is_slow(tf.bfloat16)  # nothing says that it has
    file.write_text(f"processor : 0\n{flags}\n")
    assert precision.is_slow(tf.bfloat16) != there
    assert not precision.is_slow(tf.float32)
    monkeypatch.setattr(tf.config, "get_visible_devices", lambda kind: [kind])
    assert not precision.is_slow(tf.bfloat16)
