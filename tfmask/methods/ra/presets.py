"""Presets of RA."""

import dataclasses

from tfmask.configs import TrainConfig, short_training
from tfmask.methods.cyclegan import presets as cyclegan
from tfmask.methods.ra.config import RAConfig


def paper(location: str) -> TrainConfig:
    """CycleGAN's `paper` preset with the module of 3 levels.

    Paper: the row RA of Mejjati et al. 2018, Table 1, whose KID lies between
    UNIT's and CycleGAN's; its code and sizes were never published. The
    place of the module is our choice. Not trained by us: it needs a GPU.
    """
    return dataclasses.replace(cyclegan.paper(location), method=RAConfig())


def quick(location: str) -> TrainConfig:
    """RA at 64 px, for two cores.

    Numbers of a short run: docs/methods/ra.md.
    Differs from the paper: the sizes and rates of CycleGAN's quick preset, with
    two thirds of its channels and half of its steps, which cost more.
    """
    return short_training(
        RAConfig(**{**cyclegan.SMALL, "filters": 16}),
        location,
        constant_epochs=6,
        decay_epochs=4,
    )
