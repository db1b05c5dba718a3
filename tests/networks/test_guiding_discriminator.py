"""Discriminators that say where they look: both attentions."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfmask.networks import GuidingDiscriminator
from tfmask.ops.errors import UserError

RNG = np.random.default_rng(0)
IMAGE = RNG.uniform(-1, 1, (2, 32, 32, 3)).astype("float32")


def tiny(attention="post_hoc", **arguments):
    arguments = {"filters": 4, "strided_layers": 2, **arguments}
    network = GuidingDiscriminator(attention=attention, **arguments)
    network(IMAGE)
    # Kernels large enough for masks that are not flat.
    for variable in network.trainable_weights:
        if len(variable.shape) == 4:
            variable.assign(RNG.normal(0, 0.3, variable.shape))
    return network


def force(network, level):
    """Makes the mask branch answer `level` everywhere: 0, 1 or None."""
    kernel, bias = network.mask_branch.convolutions[-1].get_weights()
    network.mask_branch.convolutions[-1].set_weights(
        [0.0 * kernel, np.full_like(bias, 200.0 * level - 100.0)]
    )


@pytest.mark.parametrize(
    ("attention", "count"),
    # 131,200 + 524,544 + 590,080 + 1,180,160 of the branch.
    [("post_hoc", 2_764_737), ("ram", 2_764_737 + 2_425_984)],
)
@pytest.mark.usefixtures("zero_weights")
def test_parameter_counts(attention, count):
    network = GuidingDiscriminator(attention=attention)
    network.build((None, 256, 256, 3))
    assert network.count_params() == count


def scored(judged):
    (scores,) = judged.scores
    return scores


def assert_same(judged, expected):
    np.testing.assert_array_equal(scored(judged), scored(expected))
    np.testing.assert_array_equal(judged.attention, expected.attention)


@pytest.mark.parametrize("attention", ["post_hoc", "ram"])
@pytest.mark.parametrize(
    ("side", "scores", "seen"), [(256, 30, 31), (128, 14, 15)]
)
def test_sizes_of_the_sheet(attention, side, scores, seen):
    network = GuidingDiscriminator(filters=1, attention=attention)
    said = network(np.zeros((1, side, side, 3), "float32"))
    (judged,), attention_map = said.scores, said.attention
    assert judged.shape == (1, scores, scores, 1)
    assert attention_map.shape == (1, seen, seen, 1)
    assert judged.dtype == attention_map.dtype == tf.float32
    assert network.attention_size((side, side)) == (seen, seen)


def test_one_pass_gives_the_patchgans_scores():
    network = tiny()
    np.testing.assert_array_equal(
        scored(network(IMAGE)), scored(network.patches(IMAGE))
    )


@pytest.mark.parametrize("attention", ["post_hoc", "ram"])
def test_the_attention_alone_is_that_of_the_scores(attention):
    network = tiny(attention)
    for image in (IMAGE, IMAGE[:, :23, :18]):
        expected = network(image).attention
        assert network.attention_size(image.shape[1:3]) == expected.shape[1:3]
        np.testing.assert_allclose(network.attend(image), expected, atol=1e-6)


def test_post_hoc_attention_is_what_numpy_makes_of_the_fourth_layer():
    network = tiny(strided_layers=3)
    activations = IMAGE
    for layer, norm in zip(
        network.patches.convolutions[:4], network.patches.norms, strict=True
    ):
        values = norm(layer(activations)).numpy()
        activations = np.where(values > 0, values, 0.2 * values)
    assert activations.shape == (2, 3, 3, 32)
    maps = np.abs(activations).mean(-1, keepdims=True)
    low, high = (f(maps, axis=(1, 2), keepdims=True) for f in (np.min, np.max))
    expected = (maps - low) / (high - low)
    np.testing.assert_allclose(network(IMAGE).attention, expected, atol=1e-5)


def test_post_hoc_attention_spans_each_image_and_knows_no_scale():
    network = tiny()
    attention = network.attend(IMAGE).numpy()
    for single in attention:
        assert single.min() == 0.0 and single.max() == 1.0
    alone = [network.attend(image[None]) for image in IMAGE]
    np.testing.assert_allclose(attention, np.concatenate(alone), atol=1e-5)
    norm = network.patches.norms[-1]
    network.patches.norms[-1] = lambda values: 1e-6 * norm(values)
    np.testing.assert_allclose(network.attend(IMAGE), attention, atol=1e-5)


def test_a_flat_map_is_no_attention():
    network = tiny()
    network.set_weights([0.0 * weight for weight in network.get_weights()])
    assert not network.attend(IMAGE).numpy().any()


def test_a_mask_of_zeros_leaves_the_patchgan():
    network = tiny("ram")
    force(network, 0)
    judged = network(IMAGE)
    scores, attention = scored(judged), judged.attention
    np.testing.assert_array_equal(scores, scored(network.patches(IMAGE)))
    np.testing.assert_allclose(attention, 0.0, atol=1e-30)


def test_a_mask_of_ones_doubles_what_the_last_layer_scores():
    network = tiny("ram")
    force(network, 1)
    doubled = 2.0 * network.patches.features(IMAGE)
    judged = network(IMAGE)
    scores, attention = scored(judged), judged.attention
    np.testing.assert_array_equal(
        scores, scored(network.patches.score(doubled))
    )
    np.testing.assert_array_equal(attention, np.ones_like(attention))


def test_ram_attention_is_the_mean_of_its_own_mask():
    network = tiny("ram")
    first = network.patches.features(IMAGE, last=1)
    features = network.patches.features(IMAGE)
    mask = network.mask_branch(first, size=(7, 7))
    assert mask.shape == features.shape
    judged = network(IMAGE)
    scores, attention = scored(judged), judged.attention
    expected = mask.numpy().mean(-1, keepdims=True)
    np.testing.assert_allclose(attention, expected, rtol=1e-5)
    assert 0.0 < attention.numpy().min() < attention.numpy().max() < 1.0
    np.testing.assert_allclose(
        scores,
        scored(network.patches.score((1.0 + mask) * features)),
        rtol=1e-6,
    )


def test_the_branch_is_what_the_sheet_lists():
    """Its layers, one by one, on the first layer's activations."""
    network = tiny("ram")
    values = network.patches.features(IMAGE, last=1)
    branch = network.mask_branch
    for layer, side, channels in zip(
        branch.convolutions[:3], (8, 4, 4), (8, 16, 16), strict=True
    ):
        values = layer(values)
        assert values.shape == (2, side, side, channels)
        mean = tf.reduce_mean(values, (1, 2), keepdims=True)
        spread = tf.math.reduce_variance(values, (1, 2), keepdims=True)
        values = tf.nn.leaky_relu((values - mean) * (spread + 1e-5) ** -0.5)
    values = tf.image.resize(branch.convolutions[3](values), (7, 7))
    attention = branch(network.patches.features(IMAGE, last=1), size=(7, 7))
    np.testing.assert_allclose(attention, tf.sigmoid(values), atol=1e-4)


def test_minmax_spreads_the_mean_of_the_mask():
    network = tiny("ram", minmax_ram=True)
    for single in network.attend(IMAGE).numpy():
        assert single.min() == 0.0 and single.max() == 1.0


def test_scores_teach_the_branch():
    network = tiny("ram")
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(tf.square(scored(network(IMAGE))))
    gradients = tape.gradient(total, network.mask_branch.trainable_variables)
    assert len(gradients) == 8
    assert all(np.abs(gradient).max() > 0 for gradient in gradients[::2])


def test_images_too_small_to_be_judged_are_enlarged():
    network = tiny()
    assert network.smallest_side == 12
    small = IMAGE[:, :8, :20]
    expected = network(tf.image.resize(small, (12, 20))).attention
    np.testing.assert_array_equal(network.attend(small), expected)


@pytest.mark.parametrize("attention", ["post_hoc", "ram"])
def test_the_attention_alone_needs_few_layers(attention):
    network = tiny(attention)
    attend = tf.function(network.attend, autograph=False).get_concrete_function(
        tf.TensorSpec((None, None, None, 3))
    )
    trunk = network.patches.convolutions
    needed = trunk[:-1]
    if attention == "ram":
        needed = [trunk[0], *network.mask_branch.convolutions]
    wanted = sum(layer.count_params() for layer in needed)
    read = {v.ref(): v.shape.num_elements() for v in attend.variables}
    assert sum(read.values()) == wanted


def test_config_and_saved_weights_restore_the_function(tmp_path):
    network = tiny("ram", minmax_ram=True)
    expected = network(IMAGE)
    network.save_weights(tmp_path / "network.weights.h5")
    again = GuidingDiscriminator.from_config(network.get_config())
    again.build((None, 32, 32, 3))
    again.load_weights(tmp_path / "network.weights.h5")
    assert_same(again(IMAGE), expected)

    network.save(tmp_path / "network.keras")
    loaded = keras.saving.load_model(tmp_path / "network.keras")
    assert_same(loaded(IMAGE), expected)


def test_an_unknown_attention_is_refused():
    with pytest.raises(UserError, match="Unknown attention `posthoc`"):
        GuidingDiscriminator(attention="posthoc")


@pytest.mark.parametrize(
    ("attention", "smallest"), [("post_hoc", 6), ("ram", 8)]
)
def test_too_small_images_are_refused_when_it_is_built(attention, smallest):
    network = GuidingDiscriminator(
        filters=2, strided_layers=1, attention=attention
    )
    assert network.smallest_side == smallest
    with pytest.raises(UserError, match=f"at least {smallest} pixels"):
        network.build((None, smallest - 1, 64, 3))
    scores = scored(network(np.zeros((1, smallest, smallest, 3), "float32")))
    assert min(scores.shape[1:3]) > 0
