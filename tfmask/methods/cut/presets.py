"""Presets of CUT."""

from tfmask.configs import (
    DataConfig,
    OptimizerConfig,
    RunConfig,
    TrainConfig,
    short_training,
)
from tfmask.methods.cut.config import CUTConfig


def paper(location: str) -> TrainConfig:
    """CUT as in its code: 256 px, batch 1, 400 epochs.

    Paper: Park et al. 2020, section 4.1 and appendix. The learning rate is
    constant for 200 epochs and then falls: the factor of epoch E (from 1) is
    1 - max(0, E - 200) / 201. We have not trained this preset, because it needs
    a GPU.
    """
    return TrainConfig(
        method=CUTConfig(),
        data=DataConfig(interpolation="bicubic", location=location),
        optimizer=OptimizerConfig(
            epsilon_form="pytorch", constant_epochs=199, decay_epochs=201
        ),
        run=RunConfig(epochs=400, sample_every=1000, checkpoint_every=1000),
    )


def quick(location: str) -> TrainConfig:
    """CUT at 64 px in ten minutes on two cores.

    Numbers: docs/methods/cut.md. Differs from the paper: fewer channels, 3
    blocks, a discriminator of 2 strided layers, learning rate 5e-4, batch 2,
    epochs of 100 steps.
    """
    return short_training(
        CUTConfig(
            filters=24,
            blocks=3,
            nce_layers=(0, 4, 8, 12),
            discriminator_filters=32,
            discriminator_layers=2,
        ),
        location,
        constant_epochs=6,
        decay_epochs=4,
    )
