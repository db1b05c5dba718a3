"""Presets of RA."""

import dataclasses

from tfmask.configs import TrainConfig, short_training
from tfmask.methods.cyclegan import presets as cyclegan
from tfmask.methods.ra.config import RAConfig


def paper(location: str) -> TrainConfig:
    """CycleGAN's `paper` preset with an attention module of 3 levels.

    Paper: the row RA of Mejjati et al. 2018, Table 1. Its KID lies between
    UNIT's and CycleGAN's. The authors never published its code and sizes. The
    place of the module is our choice. We have not trained this preset, because
    it needs a GPU.
    """
    return dataclasses.replace(cyclegan.paper(location), method=RAConfig())


def quick(location: str) -> TrainConfig:
    """RA at 64 px, for two cores.

    Numbers of a short run: docs/methods/ra.md. Differs from the paper: it has
    the sizes and rates of CycleGAN's quick preset, with two thirds of the
    channels. It has half of the steps, because a step takes longer.
    """
    return short_training(
        RAConfig(**{**cyclegan.SMALL, "filters": 16}),
        location,
        constant_epochs=6,
        decay_epochs=4,
    )
