"""Generators with an attention map: what guidance can and cannot change."""

import numpy as np
import pytest

from tfmask.networks import (
    GuidedGenerator,
    ResNetGenerator,
    UNetGenerator,
)

RNG = np.random.default_rng(0)
IMAGE = RNG.uniform(-1, 1, (1, 16, 16, 3)).astype("float32")
ONES = np.ones((1, 16, 16, 1), "float32")
UNEVEN = RNG.uniform(0, 1, (1, 16, 16, 1)).astype("float32")


def pair(transfer, **options):
    """A guided generator and a plain one with the same weights.

    The plain one lacks the kernel of the fourth input channel.
    """
    sizes = {"filters": 4, "blocks": 1}
    wide = {"class_name": "RandomNormal", "config": {"stddev": 0.2}}
    plain = ResNetGenerator(**sizes, kernel_initializer=wide)
    plain.build((None, 16, 16, 3))
    guided = GuidedGenerator(
        ResNetGenerator(**sizes, kernel_initializer=wide),
        transfer=transfer,
        **options,
    )
    guided.build((None, 16, 16, 3))
    weights = guided.generator.get_weights()
    plain.set_weights([weights[0][:, :, :3], *weights[1:]])
    return guided, plain


@pytest.mark.parametrize(
    ("transfer", "blocks", "count"),
    [
        ("multiply", 9, 11_378_179),
        ("rgba", 9, 11_381_315),
        ("multiply", 6, 7_837_699),
        ("rgba", 6, 7_840_835),
    ],
)
@pytest.mark.usefixtures("zero_weights")
def test_parameter_counts_of_the_sheet(transfer, blocks, count):
    network = GuidedGenerator(ResNetGenerator(blocks=blocks), transfer=transfer)
    network.build((None, 128, 128, 3))
    assert network.count_params() == count  # 11.378, 11.381, 7.838, 7.841 M


@pytest.mark.parametrize("transfer", ["multiply", "rgba"])
@pytest.mark.parametrize("level", [0.0, 0.5, 1.0])
def test_a_constant_map_leaves_the_plain_generator(transfer, level):
    """Instance normalisation removes the factor or the offset again.

    1e-3: the epsilon in its root. Reflection keeps a constant alpha
    constant up to the border.
    """
    guided, plain = pair(transfer)
    expected = plain(IMAGE)
    assert np.abs(expected).max() > 0.1
    np.testing.assert_allclose(guided(IMAGE, level * ONES), expected, atol=1e-3)


@pytest.mark.parametrize("transfer", ["multiply", "rgba"])
def test_an_uneven_map_changes_the_translation(transfer):
    guided, plain = pair(transfer)
    apart = np.abs(guided(IMAGE, UNEVEN) - plain(IMAGE)).max()
    assert apart > 0.05


def test_the_learned_alpha_is_one_of_its_weights():
    guided, _ = pair("rgba", learnable_alpha=True)
    fixed, _ = pair("rgba")
    assert len(guided.trainable_variables) == 2 + len(fixed.trainable_variables)


def guided_unet(transfer, **options):
    """A guided U-Net, and a plain one without the fourth input channel."""
    sizes = {"filters": 4, "levels": 3, "normalization": "instance", **options}
    wide = {"class_name": "RandomNormal", "config": {"stddev": 0.2}}
    plain, inner = (
        UNetGenerator(**sizes, kernel_initializer=wide) for _ in range(2)
    )
    side = 2 ** sizes["levels"]
    plain.build((None, side, side, 3))
    guided = GuidedGenerator(inner, transfer=transfer)
    guided.build((None, side, side, 3))
    first, *others = inner.get_weights()
    plain.set_weights([first[:, :, :3], *others])
    return guided, plain


def test_a_constant_factor_reaches_a_unet():
    """Ones have an effect, because no norm follows its first convolution."""
    guided, plain = guided_unet("multiply")
    for level in (0.0, 0.5, 1.0):
        np.testing.assert_allclose(
            guided(IMAGE, level * ONES),
            plain((1.0 + level) * IMAGE),
            atol=1e-5,
        )
    assert np.abs(guided(IMAGE, ONES) - plain(IMAGE)).max() > 0.05


def test_a_constant_alpha_reaches_a_unet():
    """It acts as a bias of the first convolution, smaller at the zero border.

    Only alpha 0, the map 1/2, leaves the plain network.
    """
    guided, plain = guided_unet("rgba")
    np.testing.assert_allclose(
        guided(IMAGE, 0.5 * ONES), plain(IMAGE), atol=1e-5
    )
    assert np.abs(guided(IMAGE, ONES) - plain(IMAGE)).max() > 0.05
    first = guided.generator.encoder[0]
    kernel = first.get_weights()[0]
    seen = guided.transfer(IMAGE, ONES)
    shift = first(seen) - plain.encoder[0](IMAGE)
    inside = np.broadcast_to(kernel[:, :, 3].sum((0, 1)), (1, 6, 6, 4))
    np.testing.assert_allclose(shift[:, 1:-1, 1:-1], inside, atol=1e-5)
    assert guided.count_params() - plain.count_params() == 16 * 4


def test_a_unet_gets_its_seed_and_its_mode():
    guided, plain = guided_unet("multiply", levels=6, normalization="batch")
    image = RNG.uniform(-1, 1, (2, 64, 64, 3)).astype("float32")
    ones = np.ones((2, 64, 64, 1), "float32")
    seed = np.array([3, 4], np.int32)
    outputs = guided(image, ones, training=True, seed=seed)
    expected = plain(2.0 * image, training=True, seed=seed)
    np.testing.assert_allclose(outputs, expected, atol=1e-4)
    for options in ({}, {"training": True}, {"seed": seed}):
        other = guided(image, ones, **options)
        np.testing.assert_allclose(
            other, plain(2.0 * image, **options), atol=1e-4
        )
        assert np.abs(other - outputs).max() > 1e-2
