"""Presets of GAN, a part of pix2pix."""

import dataclasses

from tfmask.configs import TrainConfig
from tfmask.methods.pix2pix import presets as pix2pix


def paper(location: str) -> TrainConfig:
    """pix2pix without the L1 term.

    The discriminator sees the output without the input.
    """
    return _without(pix2pix.paper(location))


def quick(location: str) -> TrainConfig:
    """GAN at 128 px. All else is as in the quick preset of pix2pix."""
    return _without(pix2pix.quick(location))


def _without(config):
    method = dataclasses.replace(
        config.method, l1_weight=0.0, conditional=False
    )
    return dataclasses.replace(config, method=method)
