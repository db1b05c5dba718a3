"""Presets of GuideGAN on unpaired images."""

import dataclasses

from tfmask.configs import DataConfig, OptimizerConfig, RunConfig, TrainConfig
from tfmask.methods.cyclegan.presets import SMALL
from tfmask.methods.cyclegan.presets import quick as quick_cyclegan
from tfmask.methods.guidegan.config import GuideGANConfig


def paper(location: str) -> TrainConfig:
    """GuideGAN as for apple2orange: post hoc attention, residual multiply.

    Paper: ICLR 2020 submission, sections 3 and 4: 256 px, batch 1, learning
    rate 2e-4 for 100 epochs, then linearly to 0 in 50. For horse2zebra the
    paper has `--method.attention ram --method.transfer rgba` (the captions of
    its figures say multiply) and 50 + 100 epochs. We have not trained this
    preset, because it needs a GPU.
    """
    return TrainConfig(
        method=GuideGANConfig(),
        data=DataConfig(interpolation="bicubic", location=location),
        optimizer=OptimizerConfig(
            epsilon_form="pytorch", constant_epochs=100, decay_epochs=50
        ),
        run=RunConfig(epochs=150, sample_every=1000, checkpoint_every=1000),
    )


def quick(location: str) -> TrainConfig:
    """GuideGAN at 64 px, with the sizes and rates of CycleGAN's quick preset.

    Differs from the paper: fewer channels, 3 blocks, discriminators that
    see 34 pixels, learning rate 5e-4, batch 2, resize and convolution
    instead of transposed convolutions, epochs of 100 steps.
    """
    return dataclasses.replace(
        quick_cyclegan(location),
        method=GuideGANConfig(**SMALL),
    )
