"""Presets of AttentionGAN."""

import dataclasses

from tfmask.configs import DataConfig, OptimizerConfig, RunConfig, TrainConfig
from tfmask.methods.attention_gan.config import AttentionGANConfig
from tfmask.methods.cyclegan import presets as cyclegan


def paper(location: str) -> TrainConfig:
    """AttentionGAN as in its code's script for horse2zebra.

    Paper: Tang et al. 2021; 256 px, batch 4, 60 epochs at a constant
    learning rate. Not trained by us: it needs a GPU.
    """
    return TrainConfig(
        method=AttentionGANConfig(),
        data=DataConfig(interpolation="bicubic", location=location),
        optimizer=OptimizerConfig(
            epsilon_form="pytorch", constant_epochs=60, decay_epochs=0
        ),
        run=RunConfig(
            epochs=60, batch_size=4, sample_every=1000, checkpoint_every=1000
        ),
    )


def quick(location: str) -> TrainConfig:
    """AttentionGAN at 64 px in ten minutes on two cores.

    Numbers: docs/methods/attention_gan.md. Differs from the paper: the sizes
    and rates of CycleGAN's quick preset, with two thirds of its channels and
    half of its steps, which cost more.
    """
    config = cyclegan.quick(location)
    return dataclasses.replace(
        config,
        method=AttentionGANConfig(**{**cyclegan.SMALL, "filters": 16}),
        optimizer=dataclasses.replace(
            config.optimizer, constant_epochs=6, decay_epochs=4
        ),
        run=dataclasses.replace(config.run, epochs=10),
    )
