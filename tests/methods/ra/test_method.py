"""RA: CycleGAN with residual attention in its generators."""

import dataclasses

import numpy as np
import pytest
from tiny_methods import TINY, batch, term_values

from tfmask.methods import preset_config
from tfmask.methods.cyclegan.method import CycleGAN
from tfmask.methods.ra.config import RAConfig
from tfmask.methods.ra.method import RA
from tfmask.networks import ResNetGenerator


def ra(**options):
    return RA(RAConfig(**{**TINY, **options}), image_size=(8, 8))


def losses_of(method):
    losses = method.compute_losses(batch(), training=False)
    return term_values(losses)


@pytest.mark.parametrize("levels", [1, 2, 3])
@pytest.mark.usefixtures("zero_weights")
def test_parameter_counts_of_the_sheet(levels):
    """CycleGAN's generator and the module."""
    network = ResNetGenerator(attention_levels=levels)
    network.build((None, 256, 256, 3))
    added = {1: 35_712, 2: 49_344, 3: 62_976}[levels]
    assert network.count_params() == 11_378_179 + added


def test_the_module_stands_behind_the_first_layer():
    method = ra(attention_levels=2)
    encoder = method.generator_a_to_b.encoder
    assert encoder.attention.levels == 2
    seen = []

    class Recorded:
        def __call__(self, features):
            seen.append(features)
            return features

    image = batch()["a"]["image"]
    encoder.attention = Recorded()
    features = encoder(image)
    first = encoder.norms[0](encoder.convolutions[0](image))
    np.testing.assert_array_equal(seen[0], np.maximum(first, 0))
    # Without the module it is CycleGAN's encoder.
    encoder.attention = None
    np.testing.assert_array_equal(encoder(image), features)


@pytest.mark.medium
def test_losses_are_cyclegans():
    """With its generators in CycleGAN's place."""
    method = ra()
    fields = {field.name for field in dataclasses.fields(CycleGAN.spec.config)}
    options = dataclasses.asdict(method.config)
    config = CycleGAN.spec.config(
        **{name: options[name] for name in fields & set(options)}
    )
    host = CycleGAN(config, image_size=(8, 8))
    for name, network in method.networks.items():
        setattr(host, name, network)
    assert losses_of(method) == pytest.approx(losses_of(host), rel=1e-6)
    assert len(losses_of(method)) == 8


def test_the_presets_are_cyclegans():
    ours, theirs = (
        preset_config(name, "paper", "photos") for name in ("ra", "cyclegan")
    )
    assert (ours.data, ours.optimizer, ours.run) == (
        theirs.data,
        theirs.optimizer,
        theirs.run,
    )
    assert ours.method.attention_levels == 3
    assert (ours.method.filters, ours.method.blocks) == (64, 9)


def test_no_level_is_named():
    with pytest.raises(ValueError, match="`attention_levels` must be 1 or"):
        RAConfig(attention_levels=0)
