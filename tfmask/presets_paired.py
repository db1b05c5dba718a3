"""Presets of what learns from pairs: methods, and the segmenter."""

import dataclasses

from tfmask.configs import (
    DataConfig,
    OptimizerConfig,
    PairedGuideGANConfig,
    Pix2PixConfig,
    RunConfig,
    SegmenterConfig,
    TrainConfig,
)

# What the parts of pix2pix leave out.
_PARTS = {
    "cgan": {"l1_weight": 0.0},
    "gan": {"l1_weight": 0.0, "conditional": False},
}


def paper_pix2pix(location: str) -> TrainConfig:
    """pix2pix as for facades: 256 px, batch 1, 200 epochs, constant rate.

    Paper: Isola et al. 2017, appendix 6.2; the learning rate of the Torch
    code never falls (the PyTorch code's falls in the second half: constant_
    epochs 99, decay_epochs 101). Not trained by us: it needs a GPU.
    """
    return TrainConfig(
        method_name="pix2pix",
        preset="paper",
        method=Pix2PixConfig(),
        data=DataConfig(interpolation="bicubic", location=location),
        optimizer=OptimizerConfig(
            epsilon_form="pytorch", constant_epochs=200, decay_epochs=0
        ),
        run=RunConfig(epochs=200, sample_every=1000, checkpoint_every=1000),
    )


def paper_cgan(location: str) -> TrainConfig:
    """pix2pix without the L1 term: a row of its and of GuideGAN's tables."""
    return _part(paper_pix2pix(location), "cgan")


def paper_gan(location: str) -> TrainConfig:
    """And the discriminator sees the output alone."""
    return _part(paper_pix2pix(location), "gan")


def quick_pix2pix(location: str) -> TrainConfig:
    """pix2pix at 128 px in less than thirty minutes on two cores.

    Differs from the paper: fewer channels, 7 levels, higher learning rate
    that falls at the end, an epoch of 100 steps.
    """
    return TrainConfig(
        method_name="pix2pix",
        preset="quick",
        method=Pix2PixConfig(filters=32, levels=7, discriminator_filters=32),
        data=DataConfig(location=location, image_size=128, epoch_steps=100),
        optimizer=OptimizerConfig(
            epsilon_form="pytorch",
            learning_rate=5e-4,
            constant_epochs=24,
            decay_epochs=16,
        ),
        run=RunConfig(epochs=40),
    )


def quick_cgan(location: str) -> TrainConfig:
    """cGAN at 128 px; see `quick_pix2pix`."""
    return _part(quick_pix2pix(location), "cgan")


def quick_gan(location: str) -> TrainConfig:
    """GAN at 128 px; see `quick_pix2pix`."""
    return _part(quick_pix2pix(location), "gan")


def quick_segmenter(location: str) -> TrainConfig:
    """The segmenter at 128 px in minutes on two cores; there is no paper."""
    return TrainConfig(
        method_name="segmenter",
        preset="quick",
        method=SegmenterConfig(),
        data=DataConfig(location=location, image_size=128, epoch_steps=100),
        optimizer=OptimizerConfig(
            learning_rate=1e-3, beta_1=0.9, constant_epochs=5, decay_epochs=10
        ),
        run=RunConfig(epochs=15, batch_size=8),
    )


def paper_guidegan_paired(location: str) -> TrainConfig:
    """GuideGAN on pairs as for Cityscapes: post hoc, residual multiply.

    Paper: ICLR 2020 submission, sections 3 and 4: U-Net, 128 px cut from
    143, batch 1, rate 2e-4 for 100 epochs and then linearly to 0 in 50. For
    256 px: `--image-size 256 --method.levels 8`. Not trained by us: it needs
    a GPU.
    """
    return TrainConfig(
        method_name="guidegan_paired",
        preset="paper",
        method=PairedGuideGANConfig(),
        data=DataConfig(
            interpolation="bicubic", location=location, image_size=128
        ),
        optimizer=OptimizerConfig(
            epsilon_form="pytorch", constant_epochs=100, decay_epochs=50
        ),
        run=RunConfig(epochs=150, sample_every=1000, checkpoint_every=1000),
    )


def quick_guidegan_paired(location: str) -> TrainConfig:
    """GuideGAN on pairs, with the sizes and rates of `quick_pix2pix`.

    Differs from the paper: as pix2pix's does.
    """
    base = quick_pix2pix(location)
    sizes = ("filters", "levels", "discriminator_filters")
    return dataclasses.replace(
        base,
        method_name="guidegan_paired",
        method=PairedGuideGANConfig(
            **{name: getattr(base.method, name) for name in sizes}
        ),
    )


def _part(config, name):
    method = dataclasses.replace(config.method, **_PARTS[name])
    return dataclasses.replace(config, method_name=name, method=method)


PRESETS = {
    ("pix2pix", "paper"): paper_pix2pix,
    ("pix2pix", "quick"): quick_pix2pix,
    ("cgan", "paper"): paper_cgan,
    ("cgan", "quick"): quick_cgan,
    ("gan", "paper"): paper_gan,
    ("gan", "quick"): quick_gan,
    ("segmenter", "quick"): quick_segmenter,
    ("guidegan_paired", "paper"): paper_guidegan_paired,
    ("guidegan_paired", "quick"): quick_guidegan_paired,
}
