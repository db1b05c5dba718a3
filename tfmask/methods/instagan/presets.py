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
    """InstaGAN as for sheep and giraffes of COCO: 200 px cut from 220.

    Paper: Mo, Cho, Shin 2019, appendices A and B: batch 4, 200 epochs, the
    rate constant for 100 and then falling as CycleGAN's, 2e-4 for generators
    and 1e-4 for discriminators (the official code has 2e-4 for both). Not
    trained by us: it needs GPUs.
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

    Differs from the paper: smaller networks without normalisation, which
    loses the colours of a plain background, and with one strided layer;
    discriminators that see 34 pixels, resize and convolution instead of
    transposed convolutions, higher learning rates, batch 1, an epoch of 100
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
