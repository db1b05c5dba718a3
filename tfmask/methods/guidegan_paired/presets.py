"""Presets of GuideGAN on pairs."""

import dataclasses

from tfmask.configs import DataConfig, OptimizerConfig, RunConfig, TrainConfig
from tfmask.methods.guidegan_paired.config import PairedGuideGANConfig
from tfmask.methods.pix2pix.presets import quick as quick_pix2pix


def paper(location: str) -> TrainConfig:
    """GuideGAN on pairs as for Cityscapes: post hoc, residual multiply.

    Paper: ICLR 2020 submission, sections 3 and 4: U-Net, crops of 128 px from
    143, batch 1, learning rate 2e-4 for 100 epochs, then linearly to 0 in 50.
    For 256 px: `--image-size 256 --method.levels 8`. We have not trained this
    preset, because it needs a GPU.
    """
    return TrainConfig(
        method=PairedGuideGANConfig(),
        data=DataConfig(
            interpolation="bicubic", location=location, image_size=128
        ),
        optimizer=OptimizerConfig(
            epsilon_form="pytorch", constant_epochs=100, decay_epochs=50
        ),
        run=RunConfig(epochs=150, sample_every=1000, checkpoint_every=1000),
    )


def quick(location: str) -> TrainConfig:
    """GuideGAN on pairs, with the sizes and rates of pix2pix's quick preset.

    It differs from the paper as this preset does.
    """
    base = quick_pix2pix(location)
    sizes = ("filters", "levels", "discriminator_filters")
    return dataclasses.replace(
        base,
        method=PairedGuideGANConfig(
            **{name: getattr(base.method, name) for name in sizes}
        ),
    )
