"""AttentionGAN's generator: the testable properties of its fact sheet."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from precisions import policy

from tfmask.methods.attention_gan.networks import AttentionGenerator

RNG = np.random.default_rng(0)
IMAGE = RNG.uniform(-1, 1, (2, 16, 12, 3)).astype("float32")
LARGE = {"class_name": "RandomNormal", "config": {"stddev": 0.3}}
# Of the official code (Ha0Tang/AttentionGAN 45da496, models/networks.py and
# AttentionGAN-geo/networks.py) on `seeded`'s weights and image, PyTorch 2.13
# in float64: the blend at four pixels, the maps at the third of them.
PIXELS = ([0, 3, 8, 15], [0, 12, 5, 15])
OFFICIAL = {
    True: (
        [
            [-0.177895032197, 0.060263073471, 0.408068551101],
            [-0.192111203376, -0.032204742937, -0.02931226229],
            [-0.627768341141, 0.192052079926, 0.517326828162],
            [0.006032415188, -0.035076005436, 0.25447014143],
        ],
        [
            *(0.078284251555, 0.113333363279, 0.101606116673, 0.079387547556),
            *(0.088380868891, 0.093718088411, 0.161962372994, 0.072999988437),
            *(0.101075436938, 0.109251965267),
        ],
    ),
    False: (
        [
            [-0.533255579426, 0.547608925241, 0.440915529699],
            [-0.626398399954, 0.008201772477, 0.479829955786],
            [-0.285340468297, -0.224675617827, 0.186303103805],
            [-0.500688163275, 0.031985981165, 0.423336050896],
        ],
        [
            *(0.101996328542, 0.055312641934, 0.135498765931, 0.090282065114),
            *(0.06114745557, 0.12979284111, 0.122558310762, 0.071325531795),
            *(0.16794138816, 0.064144671082),
        ],
    ),
}


def tiny(**arguments):
    network = AttentionGenerator(
        **{
            "filters": 4,
            "blocks": 1,
            "kernel_initializer": LARGE,
            **arguments,
        }
    )
    network(IMAGE)  # Keras 2 saves only what was called
    return network


def seeded(**arguments):
    """A generator with known weights, and an image, in float64."""
    network = tiny(filters=2, **arguments)
    encoder, block = network.encoder, network.encoder.residual_blocks[0]
    layers = [*encoder.convolutions, block.first, block.second]
    for decoder in (network.content_decoder, network.attention_decoder):
        layers += [*decoder.upsamplings, decoder.last]
    rng = np.random.default_rng(7)
    for layer in layers:
        layer.set_weights(
            [rng.normal(0, 0.3, w.shape) for w in layer.get_weights()]
        )
    return network, tf.constant(rng.uniform(-1, 1, (1, 16, 16, 3)))


def scored(network, scores):
    """The generator with the same scores of its maps everywhere."""
    last = network.attention_decoder.last
    kernel, _ = last.get_weights()
    last.set_weights([0 * kernel, np.array(scores, "float32")])
    return network


@pytest.mark.parametrize(
    ("copy_input", "count"), [(True, 11_822_949), (False, 11_832_360)]
)
@pytest.mark.usefixtures("zero_weights")
def test_parameter_counts_of_the_sheet(copy_input, count):
    network = AttentionGenerator(copy_input=copy_input)
    network.build((None, 256, 256, 3))
    assert network.count_params() == count


@pytest.mark.both_stacks
@pytest.mark.parametrize("copy_input", [True, False])
def test_the_official_code_gives_the_same(copy_input):
    with policy("float64"):
        network, image = seeded(copy_input=copy_input)
        blend, attention, _ = network.parts(image)
    expected, maps = OFFICIAL[copy_input]
    np.testing.assert_allclose(blend.numpy()[0][PIXELS], expected, atol=1e-11)
    np.testing.assert_allclose(attention[0, 8, 5], maps, atol=1e-11)


@pytest.mark.both_stacks
@pytest.mark.parametrize("upsampling", ["transposed", "resize"])
@pytest.mark.parametrize("copy_input", [True, False])
def test_the_image_is_the_blend_of_contents_by_maps(copy_input, upsampling):
    network = tiny(maps=4, copy_input=copy_input, upsampling=upsampling)
    blend, attention, contents = network.parts(IMAGE)
    assert blend.shape == IMAGE.shape and blend.dtype == tf.float32
    assert attention.shape == (2, 16, 12, 4)
    assert contents.shape == (2, 16, 12, 12)
    maps = attention.numpy().astype("float64")
    np.testing.assert_allclose(maps.sum(-1), 1.0, atol=1e-6)
    images = contents.numpy().reshape(2, 16, 12, 4, 3)
    assert np.array_equal(images[..., -1, :], IMAGE) == copy_input
    expected = np.einsum("bhwm,bhwmc->bhwc", maps, images)
    np.testing.assert_allclose(blend, expected, atol=1e-6)
    # Convex: between the smallest and the largest of what is blended.
    assert (blend.numpy() > images.min(-2) - 1e-6).all()
    assert (blend.numpy() < images.max(-2) + 1e-6).all()
    np.testing.assert_array_equal(network(IMAGE), blend)


@pytest.mark.both_stacks
@pytest.mark.parametrize("precision", ["float32", "mixed_bfloat16"])
def test_the_last_map_alone_copies_the_input(precision):
    """To the last bit but one, also where networks compute in bfloat16."""
    with policy(precision):
        network = scored(tiny(maps=3), [0.0, 0.0, 60.0])
        painted = scored(tiny(maps=3, copy_input=False), [0.0, 0.0, 60.0])
        np.testing.assert_allclose(network(IMAGE), IMAGE, atol=1e-7)
        blend, _, contents = painted.parts(IMAGE)
        np.testing.assert_allclose(blend, contents[..., -3:], atol=1e-7)
        assert np.abs(blend - IMAGE).mean() > 0.1


def test_equal_contents_merge_into_one():
    network = tiny()
    kernel, bias = network.content_decoder.last.get_weights()
    network.content_decoder.last.set_weights(
        [np.tile(kernel[..., :3], 9), np.tile(bias[:3], 9)]
    )
    blend, attention, contents = network.parts(IMAGE)
    share = attention[..., -1:]
    expected = (1 - share) * contents[..., :3] + share * IMAGE
    np.testing.assert_allclose(blend, expected, atol=1e-6)


def test_a_region_takes_the_place_of_all_maps_but_the_last():
    network = tiny()
    blend, attention, contents = network.parts(IMAGE)
    own = 1.0 - attention[..., -1:]
    again, maps, _ = network.parts(IMAGE, own)
    np.testing.assert_allclose(again, blend, atol=1e-5)
    np.testing.assert_allclose(maps, attention, atol=1e-5)

    nothing, empty_maps, _ = network.parts(IMAGE, tf.zeros_like(own))
    np.testing.assert_array_equal(nothing, IMAGE)
    assert not empty_maps[..., :-1].numpy().any()

    everything, full_maps, _ = network.parts(IMAGE, tf.ones_like(own))
    shares = (attention[..., :-1] / own).numpy()
    np.testing.assert_allclose(full_maps[..., :-1], shares, atol=1e-5)
    images = contents[..., :-3].numpy().reshape(2, 16, 12, 9, 3)
    expected = np.einsum("bhwm,bhwmc->bhwc", shares, images)
    np.testing.assert_allclose(everything, expected, atol=1e-5)


def test_a_region_shows_contents_that_no_map_showed():
    """Shares come from the scores: no division by maps that are 0."""
    network = scored(tiny(maps=3), [1.0, 1.0, 300.0])
    blend, _, contents = network.parts(IMAGE, tf.ones((2, 16, 12, 1)))
    expected = (contents[..., :3] + contents[..., 3:6]) / 2
    np.testing.assert_allclose(blend, expected, atol=1e-6)


def test_both_decoders_and_the_encoder_learn_from_the_image():
    network = tiny()
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(network(IMAGE) ** 2)
    kernels = [
        variable
        for variable in network.trainable_variables
        if len(variable.shape) == 4
    ]
    for gradient in tape.gradient(total, kernels):
        assert np.abs(gradient).max() > 1e-4


def test_examples_of_a_batch_do_not_mix():
    network = tiny()
    together = network(IMAGE)
    np.testing.assert_allclose(together[1:], network(IMAGE[1:]), atol=1e-5)


@pytest.mark.both_stacks
@pytest.mark.parametrize(
    "arguments",
    [{}, {"maps": 3, "copy_input": False, "upsampling": "resize"}],
)
def test_config_and_saved_weights_restore_the_function(tmp_path, arguments):
    network = tiny(**arguments)
    expected = network(IMAGE)
    network.save_weights(tmp_path / "network.weights.h5")
    again = AttentionGenerator.from_config(network.get_config())
    assert again.get_config() == network.get_config()
    again.build((None, 16, 12, 3))
    assert np.abs(again(IMAGE) - expected).max() > 0
    again.load_weights(tmp_path / "network.weights.h5")
    np.testing.assert_array_equal(again(IMAGE), expected)

    network.save(tmp_path / "network.keras")
    loaded = keras.saving.load_model(tmp_path / "network.keras")
    assert isinstance(loaded, AttentionGenerator)
    np.testing.assert_array_equal(loaded(IMAGE), expected)
