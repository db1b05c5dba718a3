"""Presets of InstaGAN."""

from tfmask.configs import (
    DataConfig,
    OptimizerConfig,
    RunConfig,
    TrainConfig,
    short_training,
)
from tfmask.methods.instagan.config import InstaGANConfig


def paper(location: str) -> TrainConfig:
    """InstaGAN as for sheep and giraffes of COCO: crops of 200 px from 220.

    Paper: Mo, Cho, Shin 2019, appendices A and B: batch 4, 200 epochs. The
    learning rate is constant for 100 epochs and then falls as CycleGAN's. It is
    2e-4 for generators and 1e-4 for discriminators (the official code has 2e-4
    for both). We have not trained this preset, because it needs GPUs.
    """
    return TrainConfig(
        method=InstaGANConfig(),
        data=DataConfig(
            interpolation="bicubic",
            location=location,
            image_size=200,
            load_size=220,
        ),
        optimizer=OptimizerConfig(
            epsilon_form="pytorch",
            discriminator_learning_rate=1e-4,
            constant_epochs=99,
            decay_epochs=101,
        ),
        run=RunConfig(
            epochs=200,
            batch_size=4,
            sample_every=1000,
            checkpoint_every=1000,
        ),
    )


def quick(location: str) -> TrainConfig:
    """InstaGAN at 64 px in about fifteen minutes on two cores.

    Differs from the paper: smaller networks with one strided layer and without
    normalisation (normalisation loses the colours of a plain background),
    discriminators that see 34 pixels, resize and convolution instead of
    transposed convolutions, higher learning rates, batch 1, epochs of 100
    steps.
    """
    return short_training(
        InstaGANConfig(
            filters=16,
            blocks=3,
            strided_layers=1,
            normalization="none",
            upsampling="resize",
            discriminator_filters=32,
            discriminator_layers=2,
        ),
        location,
        discriminator_learning_rate=5e-4,
        constant_epochs=8,
        decay_epochs=8,
        batch_size=1,
    )
