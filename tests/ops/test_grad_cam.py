"""Grad-CAM and the loss on it: closed forms, second order, masks."""

import numpy as np
import pytest
import tensorflow as tf

from tfmask.losses import cam_consistency
from tfmask.networks import AttributeDiscriminator
from tfmask.ops.errors import UserError
from tfmask.ops.grad_cam import (
    attended,
    cam_mask,
    cam_signs,
    empty_maps,
    enlarged_maps,
    grad_cam,
    map_layer,
)
from tfmask.ops.soft_masks import min_max

RNG = np.random.default_rng(0)
FEATURES = RNG.normal(size=(3, 4, 4, 5)).astype("float32")
HEAD = RNG.normal(size=(4, 4, 5, 2)).astype("float32")
BOTH = np.ones((3, 2), "float32")


def linear(features, head=HEAD):
    """`z_a = sum W_a * A`."""
    return tf.einsum("bhwc,hwca->ba", features, tf.cast(head, features.dtype))


def two_layers(kernel, head):
    """A convolution, a leaky ReLU and a linear head: A to z."""

    def logits(features):
        hidden = tf.nn.conv2d(features, kernel, 1, "SAME")
        return linear(tf.nn.leaky_relu(hidden, 0.2), head)

    return logits


def numbers(*shape, dtype="float64"):
    return RNG.normal(size=shape).astype(dtype)


def test_signs_ask_for_the_value_that_is_there():
    attributes = [[1.0, 0.0, 1.0]]
    changed = [[1.0, 1.0, 0.0]]
    np.testing.assert_array_equal(cam_signs(attributes, changed), [[1, -1, 0]])


def test_closed_form_of_a_linear_head():
    """alpha_k is the mean of W_a over places, whatever the input."""
    alpha = HEAD.mean((0, 1))
    expected = np.maximum(np.einsum("bhwc,ca->bhwa", FEATURES, alpha), 0)
    maps = grad_cam(FEATURES, linear, BOTH)
    assert maps.dtype == tf.float32
    np.testing.assert_allclose(maps, expected, atol=1e-6)
    signs = np.array([[-1, 0], [1, 1], [0, -1]], "float32")
    signed = np.einsum("bhwc,ca,ba->bhwa", FEATURES, alpha, signs)
    np.testing.assert_allclose(
        grad_cam(FEATURES, linear, signs), np.maximum(signed, 0), atol=1e-6
    )


def test_sum_of_logits_is_one_map_of_the_sum():
    signs = np.array([[1, -1], [1, 1], [0, 1]], "float32")
    alpha = HEAD.mean((0, 1))
    expected = np.einsum("bhwc,ca,ba->bhw", FEATURES, alpha, signs)
    maps = grad_cam(FEATURES, linear, signs, merge="sum_logits")
    np.testing.assert_allclose(
        maps, np.maximum(expected, 0)[..., None], atol=1e-6
    )


def discriminator_loss(weights):
    """A D-side loss in float64, of all weights below and above A."""
    below, above, head = weights
    features = tf.nn.leaky_relu(tf.nn.conv2d(IMAGES, below, 2, "SAME"), 0.2)
    maps = grad_cam(features, two_layers(above, head), BOTH[:2])
    mask = cam_mask(maps, 8, 8)
    return tf.reduce_mean((1.0 - mask) * CHANGES)


IMAGES = numbers(2, 8, 8, 3)
CHANGES = np.abs(numbers(2, 8, 8, 3))


@pytest.fixture
def weights():
    shapes = (4, 4, 3, 5), (3, 3, 5, 5), (4, 4, 5, 2)
    return [tf.Variable(0.3 * numbers(*shape)) for shape in shapes]


@pytest.mark.parametrize("which", [0, 1, 2])
def test_second_order_against_finite_differences(weights, which):
    """The head, and what is above A, learn through alpha alone."""
    with tf.GradientTape() as tape:
        value = discriminator_loss(weights)
    gradient = tape.gradient(value, weights)[which].numpy()
    assert np.abs(gradient).max() > 1e-4
    variable, start = weights[which], weights[which].numpy()
    places = RNG.integers(0, start.size, 5)
    for place in places:
        values = []
        for step in (1e-6, -1e-6):
            moved = start.copy()
            moved.flat[place] += step
            variable.assign(moved)
            values.append(float(discriminator_loss(weights)))
        slope = (values[0] - values[1]) / 2e-6
        np.testing.assert_allclose(
            gradient.flat[place], slope, rtol=1e-5, atol=1e-9
        )
        variable.assign(start)


def test_gradient_of_the_translation_is_the_sign_outside_of_the_mask():
    image, output = RNG.uniform(-1, 1, (2, 2, 8, 8, 3)).astype("float32")
    output = tf.Variable(output)
    with tf.GradientTape() as tape:
        features = tf.nn.avg_pool2d(output, 2, 2, "VALID")
        maps = grad_cam(features, lambda a: linear(a, HEAD[:, :, :3]), BOTH[:2])
        mask = tf.stop_gradient(cam_mask(maps, 8, 8))
        loss = tf.reduce_mean(cam_consistency(image, output, mask))
    expected = -(1 - mask) * np.sign(image - output.numpy()) / image.size
    assert 0.05 < float(tf.reduce_mean(mask)) < 0.95
    np.testing.assert_allclose(tape.gradient(loss, output), expected, atol=1e-8)


def test_extreme_masks_and_no_change():
    image, output = RNG.uniform(-1, 1, (2, 2, 8, 8, 3)).astype("float32")
    signs = np.zeros((2, 2), "float32")  # nothing is to be changed
    mask = cam_mask(grad_cam(FEATURES[:2], linear, signs), 8, 8)
    np.testing.assert_array_equal(mask, np.zeros((2, 8, 8, 1)))
    np.testing.assert_allclose(
        cam_consistency(image, output, mask),
        np.abs(image - output).mean((1, 2, 3)),
        rtol=1e-6,
    )
    mask = cam_mask(grad_cam(FEATURES[:2], linear, BOTH[:2]), 8, 8)
    assert not np.any(cam_consistency(image, image, mask))
    assert not np.any(cam_consistency(image, output, np.ones((2, 8, 8, 1))))


def test_nothing_to_change_gives_no_gradient(weights):
    below, above, head = weights
    with tf.GradientTape() as tape:
        features = tf.nn.conv2d(IMAGES, below, 2, "SAME")
        signs = tf.zeros((2, 2))
        maps = grad_cam(features, two_layers(above, head), signs)
        value = tf.reduce_mean((1.0 - cam_mask(maps, 8, 8)) * CHANGES)
    for gradient in tape.gradient(value, weights):
        assert np.all(np.isfinite(gradient)) and not np.any(gradient)


def test_masks_reach_0_and_1_and_scale_does_not_matter():
    maps = grad_cam(FEATURES, linear, BOTH)
    shares = min_max(maps).numpy()
    np.testing.assert_allclose(shares.min((1, 2)), 0.0)
    np.testing.assert_allclose(shares.max((1, 2)), 1.0)
    # An untrained discriminator's slopes are small, and count as large ones.
    for scale in (1e-6, 1e6):
        scaled = grad_cam(FEATURES, lambda a, s=scale: s * linear(a), BOTH)
        np.testing.assert_allclose(
            min_max(scaled), shares, rtol=1e-4, atol=1e-6
        )
    flipped = min_max(grad_cam(FEATURES, linear, -BOTH))
    assert np.abs(flipped - shares).max() > 0.5
    large = enlarged_maps(shares, 16, 16).numpy()
    assert large.min() >= 0.0 and large.max() <= 1.0


@pytest.mark.parametrize(("small", "large"), [(4, 8), (4, 32), (3, 7), (8, 8)])
def test_enlarging_is_tensorflows_bilinear(small, large):
    maps = numbers(2, small, small + 1, 3, dtype="float32")
    expected = tf.image.resize(maps, (large, 2 * large))
    np.testing.assert_allclose(
        enlarged_maps(maps, large, 2 * large), expected, atol=1e-5
    )


def test_two_attributes_give_the_larger_of_the_single_masks():
    single = [
        cam_mask(grad_cam(FEATURES, linear, BOTH * keep), 16, 16)
        for keep in ([1, 0], [0, 1])
    ]
    both = cam_mask(grad_cam(FEATURES, linear, BOTH), 16, 16)
    np.testing.assert_allclose(both, np.maximum(*single), atol=1e-6)


@pytest.mark.parametrize("merge", ["max", "sum_logits"])
def test_examples_do_not_meet(merge):
    network = discriminator()
    images = numbers(4, 16, 16, 3, dtype="float32")
    signs = np.array([[1, 0], [-1, 1], [0, 0], [1, -1]], "float32")
    together = network_mask(network, images, signs, merge=merge)
    for number in range(4):
        alone = network_mask(
            network, images[number, None], signs[number, None], merge=merge
        )
        np.testing.assert_allclose(together[number], alone[0], atol=1e-4)


def discriminator(seed=0):
    tf.keras.utils.set_random_seed(seed)
    network = AttributeDiscriminator(
        attributes=2,
        filters=8,
        strided_layers=3,
        kernel_initializer={
            "class_name": "RandomNormal",
            "config": {"stddev": 0.15},
        },
    )
    network.build((None, 16, 16, 3))
    return network


def network_mask(network, images, signs, **options):
    features = network.features(images, last=1)
    maps = grad_cam(
        features,
        lambda a: network.heads(network.features(a, first=1)).logits,
        signs,
        **options,
    )
    return cam_mask(maps, 16, 16)


@pytest.mark.medium
def test_a_discriminator_learns_to_look_where_images_change():
    """The change is confined to a square; D alone learns, from L_cam."""
    network = discriminator()
    variables = network.trainable_variables
    images = RNG.uniform(-0.5, 0.5, (8, 16, 16, 3)).astype("float32")
    inside = np.zeros((1, 16, 16, 1), "float32")
    inside[:, 8:14, 2:8] = 1.0
    fakes = images + 0.5 * inside
    changes = np.abs(fakes - images)
    signs = np.tile([[1.0, 0.0]], (8, 1)).astype("float32")
    optimizer = tf.keras.optimizers.SGD(0.05)

    def gradients(live=True):
        with tf.GradientTape() as tape:
            mask = network_mask(network, fakes, signs)
            if not live:
                mask = tf.stop_gradient(mask)
            loss = tf.reduce_mean((1.0 - mask) * changes)
        return loss, tape.gradient(loss, variables)

    @tf.function
    def step():
        loss, slopes = gradients()
        pairs = zip(slopes, variables, strict=True)
        optimizer.apply_gradients([p for p in pairs if p[0] is not None])
        return loss

    def contrast():
        mask = network_mask(network, fakes, signs).numpy()
        outside = (mask * (1 - inside)).sum() / (1 - inside).sum() / 8
        return (mask * inside).sum() / inside.sum() / 8 - outside

    # With alpha and A detached nothing would learn.
    assert not any(g is not None for g in gradients(live=False)[1])
    before, first = contrast(), step()
    for _ in range(199):
        last = step()
    assert contrast() > before + 0.2
    assert last < 0.7 * first


def test_share_of_empty_maps():
    maps = np.ones((2, 2, 2, 2), "float32")
    maps[0, :, :, 1] = 0.0
    assert float(empty_maps(maps, [[1, -1], [1, 0]])) == pytest.approx(1 / 3)
    assert float(empty_maps(maps, [[1, 0], [0, 0]])) == 0.0
    assert float(empty_maps(0 * maps, np.zeros((2, 2)))) == 0.0
    # One map of a sum: asked for where any attribute changes.
    signs = np.array([[1, -1], [0, 0]], "float32")
    assert float(empty_maps(0 * maps[..., :1], signs)) == 1.0


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_features_give_float32_masks(dtype):
    exact = cam_mask(grad_cam(FEATURES, linear, BOTH), 8, 8)
    maps = grad_cam(tf.cast(FEATURES, dtype), linear, BOTH)
    assert maps.dtype == tf.float32
    np.testing.assert_allclose(cam_mask(maps, 8, 8), exact, atol=0.05)


def test_an_unknown_merge_names_the_known_ones():
    with pytest.raises(UserError, match="Did you mean: sum_logits"):
        grad_cam(FEATURES, linear, BOTH, merge="sum_logit")


def test_attended_before_and_after_an_edit():
    """The larger of both images' maps, each asked for what it shows."""
    judge = AttributeDiscriminator(attributes=2, filters=4, strided_layers=3)
    judge.build((None, 16, 16, 3))
    before, after = numbers(2, 3, 16, 16, 3, dtype="float32")
    source = np.array([[1, 0], [0, 0], [1, 1]], "float32")
    changed = np.array([[1, 0], [1, 1], [0, 0]], "float32")
    target = np.abs(source - changed)
    seen = [(before, source), (after, target)]
    mask, empty = attended(judge, 1, seen, changed)
    assert mask.shape == (3, 16, 16, 1)
    each = [
        cam_mask(
            grad_cam(
                judge.features(image, last=1),
                lambda x: judge.heads(judge.features(x, 1)).logits,
                cam_signs(attributes, changed),
            ),
            16,
            16,
        )
        for image, attributes in seen
    ]
    np.testing.assert_allclose(mask, np.maximum(*each), atol=1e-5)
    np.testing.assert_array_equal(mask[2], 0.0)  # nothing changed
    assert 0.0 <= empty < 1.0


@pytest.mark.parametrize(
    ("side", "layers", "layer"),
    [(128, 6, 3), (64, 5, 2), (32, 4, 1), (16, 3, 1), (256, 3, 3)],
)
def test_the_layer_of_a_map_of_16_pixels(side, layers, layer):
    assert map_layer(side, layers) == layer
