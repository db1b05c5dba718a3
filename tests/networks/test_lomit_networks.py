"""LOMIT's networks: sizes of the sheet, exchange, shared trunk."""

import numpy as np
import pytest

from tfmask.networks import (
    AttributeDiscriminator,
    ContentDecoder,
    ContentEncoder,
    CoSegmentation,
    HighwayDecoder,
    StyleEncoder,
)
from tfmask.ops.errors import UserError

RNG = np.random.default_rng(0)
IMAGE = RNG.uniform(-1, 1, (2, 32, 16, 3)).astype("float32")


def trainable(network):
    return sum(int(np.prod(w.shape)) for w in network.trainable_weights)


@pytest.mark.usefixtures("zero_weights")
def test_parameter_counts_of_the_sheet():
    encoder = ContentEncoder()
    encoder.build((None, 128, 128, 3))
    assert trainable(encoder) == 5_390_848
    decoder = HighwayDecoder()
    decoder.build((None, 32, 32, 256))
    assert trainable(decoder) - trainable(decoder.highway) == 5_758_723
    segmentation = CoSegmentation(256)
    segmentation.build((None, 32, 32, 256))
    assert trainable(segmentation) == 3_806_721
    judge = AttributeDiscriminator(
        attributes=4, padding_mode="reflect", head_bias=True
    )
    judge.build((None, 128, 128, 3))
    assert trainable(judge) == 44_753_861
    styles = StyleEncoder()
    styles.build((None, 128, 128, 3))
    heads = trainable(styles.foreground_head)
    assert heads == trainable(styles.background_head) == 2_099_720
    assert trainable(styles) - 2 * heads == 665_216


def test_sizes_and_ranges():
    encoder = ContentEncoder(filters=2, blocks=1)
    content = encoder(IMAGE)
    assert content.shape == (2, 8, 4, 8) and content.numpy().min() < 0
    styles = StyleEncoder(filters=2, size=5)(IMAGE, IMAGE)
    assert [style.shape.as_list() for style in styles] == [[2, 5], [2, 5]]
    mask = CoSegmentation(8, depth=2)(content, content)
    assert mask.shape == (2, 8, 4, 1)
    assert 0 < mask.numpy().min() < mask.numpy().max() < 1
    decoded = HighwayDecoder(filters=2, blocks=1, style_size=5)(
        content, mask, *styles
    )
    assert decoded.shape == IMAGE.shape
    assert -1 < decoded.numpy().min() < decoded.numpy().max() < 1


def test_auto_encoder_of_munit_has_the_sheets_parameters():
    encoder = ContentEncoder(affine=False)
    encoder.build((None, 256, 256, 3))
    decoder = ContentDecoder()
    decoder.build((None, 64, 64, 256))
    assert trainable(encoder) + trainable(decoder) == 11_140_483


def test_modulations_go_to_the_blocks_in_order():
    decoder = ContentDecoder(filters=2, blocks=2, normalization="adain")
    content = RNG.normal(size=(2, 8, 4, 8)).astype("float32")
    values = RNG.normal(size=(8, 2, 8)).astype("float32")
    modulations = [
        ((values[n], values[n + 1]), (values[n + 2], values[n + 3]))
        for n in (0, 4)
    ]
    first = decoder(content, modulations)
    assert first.shape == (2, 32, 16, 3)
    assert np.abs(first - decoder(content, modulations[::-1])).max() > 1e-3


def test_heads_share_the_trunk_and_nothing_else():
    network = StyleEncoder(filters=2)
    network.build((None, 32, 32, 3))
    heads = [
        {id(w) for w in head.trainable_weights}
        for head in (network.foreground_head, network.background_head)
    ]
    trunk = {id(w) for layer in network.trunk for w in layer.trainable_weights}
    every = {id(w) for w in network.trainable_weights}
    assert len(trunk) == 6 and not heads[0] & heads[1]
    assert every == trunk | heads[0] | heads[1]


def test_heads_differ_unless_they_are_tied():
    foreground, background = StyleEncoder(filters=2)(IMAGE, IMAGE)
    assert np.abs(foreground - background).max() > 1e-3
    tied = StyleEncoder(filters=2, tie_heads=True)
    foreground, background = tied(IMAGE, IMAGE)
    np.testing.assert_allclose(foreground, background, atol=1e-6)
    assert not hasattr(tied, "background_head")


def test_each_style_reads_its_own_image():
    network = StyleEncoder(filters=2)
    one = network(IMAGE, IMAGE)
    other = network(IMAGE, -IMAGE)
    np.testing.assert_allclose(one[0], other[0], atol=1e-6)
    assert np.abs(one[1] - other[1]).max() > 1e-3


@pytest.mark.parametrize("normalization", ["batch", "instance", "layer"])
def test_the_other_image_changes_the_mask(normalization):
    network = CoSegmentation(8, depth=2, normalization=normalization)
    one, two = RNG.normal(size=(2, 2, 8, 8, 8)).astype("float32")
    first, second = network(one, two), network(one, -two)
    assert np.abs(first - second).max() > 1e-4
    # The gate sees only the mean, so any size works.
    smaller = two.mean((1, 2), keepdims=True)
    np.testing.assert_allclose(network(one, smaller), first, atol=1e-5)


def test_parts_of_one_call_are_separate_calls():
    network = CoSegmentation(8, depth=2)
    values = RNG.normal(size=(4, 8, 8, 8)).astype("float32")
    values[2:] *= 3.0
    other = values[::-1].copy()
    both = network(values, other, parts=2, mode="batch")
    for rows in (slice(0, 2), slice(2, 4)):
        alone = network(values[rows], other[rows], mode="batch")
        np.testing.assert_allclose(both[rows], alone, atol=1e-5)


def test_examples_of_a_batch_do_not_mix_at_inference():
    network = CoSegmentation(8, depth=2)
    values = RNG.normal(size=(4, 8, 8, 8)).astype("float32")
    together = network(values, values)
    alone = network(values[1:2], values[1:2])
    np.testing.assert_allclose(together[1:2], alone, atol=1e-5)


@pytest.mark.parametrize(
    "network",
    [
        ContentEncoder(filters=2, blocks=1),
        StyleEncoder(filters=2, tie_heads=True),
        ContentDecoder(filters=2, blocks=1, normalization="adain"),
        HighwayDecoder(
            filters=2, blocks=1, scale_form="linear", deviation="rows"
        ),
        CoSegmentation(8, depth=1, normalization="layer"),
    ],
)
def test_configs_round_trip(network):
    again = type(network).from_config(network.get_config())
    assert again.get_config() == network.get_config()


def test_unknown_normalisation_is_named():
    with pytest.raises(UserError, match="mask_norm `bach`.*batch"):
        CoSegmentation(8, normalization="bach")
