"""CycleGAN+Seg's networks: CycleGAN's, with a fourth channel."""

import numpy as np
import pytest

from tfmask.networks import ConcatenatedDiscriminator, ConcatenatedGenerator


def resnet_count(f, channels, blocks=9):
    """Parameters of CycleGAN's generator."""
    ends = 2 * 49 * channels * f + f + channels
    strided = 2 * (9 * f * 2 * f + 9 * 2 * f * 4 * f) + 2 * f + 4 * f + 3 * f
    return ends + strided + blocks * 2 * (9 * (4 * f) ** 2 + 4 * f)


def patch_count(f, channels):
    """Parameters of the 70x70 PatchGAN."""
    widths = [channels, f, 2 * f, 4 * f, 8 * f, 1]
    pairs = zip(widths[:-1], widths[1:], strict=True)
    return sum(16 * before * after + after for before, after in pairs)


@pytest.mark.usefixtures("zero_weights")
def test_parameter_counts_are_cyclegans_with_a_fourth_channel():
    # Those of the sheet.
    assert resnet_count(64, 3) == 11_378_179
    assert patch_count(64, 3) == 2_764_737
    generator = ConcatenatedGenerator()
    generator.build((None, 200, 200, 3))
    assert generator.count_params() == resnet_count(64, 4) == 11_384_452
    discriminator = ConcatenatedDiscriminator()
    discriminator.build((None, 200, 200, 3))
    assert discriminator.count_params() == patch_count(64, 4) == 2_765_761


def test_filters_that_double_the_parameters():
    """What docs/methods/instagan.md says of the paper's baselines."""
    for channels in (3, 4):
        for count in (resnet_count, patch_count):
            double = count(91, channels) / count(64, channels)
            assert double == pytest.approx(2, abs=0.03)
            assert count(90, channels) < 2 * count(64, channels)


def test_an_empty_mask_stays_empty_and_others_are_translated():
    wide = {"class_name": "RandomNormal", "config": {"stddev": 0.3}}
    network = ConcatenatedGenerator(
        filters=2, blocks=1, strided_layers=1, kernel_initializer=wide
    )
    random = np.random.default_rng(0)
    image = random.uniform(-1, 1, (2, 8, 12, 3)).astype("float32")
    mask = np.full((2, 1, 8, 12, 1), -1, "float32")
    mask[1, :, :3] = 1
    translated, outline = network(image, mask)
    assert translated.shape == image.shape and outline.shape == mask.shape
    assert np.all(outline[0] == -1) and np.all(outline[1] > -1)
    # The mask reaches the image.
    other, _ = network(image, -mask)
    assert np.abs(other - translated).max() > 1e-3
