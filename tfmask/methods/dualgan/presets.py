"""Presets of DualGAN."""

from tfmask.configs import (
    DataConfig,
    OptimizerConfig,
    RunConfig,
    TrainConfig,
    short_training,
)
from tfmask.methods.dualgan.config import DualGANConfig


def paper(location: str) -> TrainConfig:
    """DualGAN as in its README: 256 px, batch 1, 100 epochs.

    Paper: Yi et al. 2017, section 3. RMSProp as in TensorFlow 1. We have not
    trained this preset, because it needs a GPU.
    """
    return TrainConfig(
        method=DualGANConfig(recovery_weight=1000.0),
        data=DataConfig(
            location=location,
            load_size=256,
            antialias=False,
            flip=False,
            pairing="cycle",
        ),
        optimizer=OptimizerConfig(
            name="rmsprop",
            learning_rate=5e-5,
            beta_2=0.9,
            epsilon=1e-10,
            decay_epochs=0,
        ),
        run=RunConfig(epochs=100, sample_every=1000, checkpoint_every=1000),
    )


def quick(location: str) -> TrainConfig:
    """DualGAN at 64 px in minutes on two cores.

    Numbers: docs/methods/dualgan.md. Differs from the paper: three eighths of
    the channels, generators of 6 levels, critics of 4 levels, learning rate
    2e-4, batch 2, recovery weight 20, epochs of 100 steps, random crops and
    mirror images.
    """
    return short_training(
        DualGANConfig(
            filters=24,
            levels=6,
            discriminator_filters=24,
            discriminator_layers=4,
            recovery_weight=20.0,
        ),
        location,
        name="rmsprop",
        epsilon_form="tensorflow",
        learning_rate=2e-4,
        beta_2=0.9,
        epsilon=1e-10,
        constant_epochs=7,
        decay_epochs=3,
    )
