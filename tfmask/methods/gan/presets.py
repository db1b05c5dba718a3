"""Presets of GAN, a part of pix2pix."""

import dataclasses

from tfmask.configs import TrainConfig
from tfmask.methods.pix2pix import presets as pix2pix


def paper(location: str) -> TrainConfig:
    """And the discriminator sees the output alone."""
    return _without(pix2pix.paper(location))


def quick(location: str) -> TrainConfig:
    """GAN at 128 px; see pix2pix's."""
    return _without(pix2pix.quick(location))


def _without(config):
    method = dataclasses.replace(
        config.method, l1_weight=0.0, conditional=False
    )
    return dataclasses.replace(config, method=method)
