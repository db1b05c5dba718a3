"""Presets of CycleGAN."""

from tfmask.configs import (
    DataConfig,
    OptimizerConfig,
    RunConfig,
    TrainConfig,
    short_training,
)
from tfmask.methods.cyclegan.config import CycleGANConfig

# Sizes of the networks at 64 px, for two cores.
SMALL = {
    "filters": 24,
    "blocks": 3,
    "upsampling": "resize",
    "discriminator_filters": 32,
    "discriminator_layers": 2,
}


def paper(location: str) -> TrainConfig:
    """CycleGAN as in its PyTorch code: 256 px, batch 1, 200 epochs.

    Paper: Zhu et al. 2017, section 4 and appendix. The learning rate is
    constant for 100 epochs and then falls: the factor of epoch E (from 1)
    is 1 - max(0, E - 100) / 101. So `constant_epochs` is 99 and `decay_epochs`
    101. We have not trained this preset, because it needs a GPU.
    """
    return TrainConfig(
        method=CycleGANConfig(),
        data=DataConfig(interpolation="bicubic", location=location),
        optimizer=OptimizerConfig(
            epsilon_form="pytorch", constant_epochs=99, decay_epochs=101
        ),
        run=RunConfig(epochs=200, sample_every=1000, checkpoint_every=1000),
    )


def quick(location: str) -> TrainConfig:
    """CycleGAN at 64 px in ten minutes on two cores.

    Numbers: docs/results.md. Differs from the paper: fewer channels, 3
    blocks, discriminators that see 34 pixels, learning rate 5e-4, batch 2,
    resize and convolution instead of transposed convolutions, epochs of
    100 steps.
    """
    return short_training(
        CycleGANConfig(**SMALL),
        location,
        constant_epochs=12,
        decay_epochs=8,
    )
