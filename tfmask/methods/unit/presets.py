"""Presets of UNIT."""

from tfmask.configs import (
    DataConfig,
    OptimizerConfig,
    RunConfig,
    TrainConfig,
    short_training,
)
from tfmask.methods.unit.config import UNITConfig


def paper(location: str) -> TrainConfig:
    """UNIT as in its code of 2017 for cats and tigers: 500,000 steps.

    Paper: Liu et al. 2017, section 4, and `exps/unit/cat2tiger.yaml` of the
    code. Crops of 216 px from images that are 1.2 times as large, batch 1, Adam
    with 1e-4 and L2 1e-4. An epoch is 1,000 steps. We have not trained this
    preset, because it needs a GPU.
    """
    return TrainConfig(
        method=UNITConfig(),
        data=DataConfig(
            location=location,
            image_size=216,
            load_size=259,
            antialias=False,
            epoch_steps=1000,
        ),
        optimizer=OptimizerConfig(
            epsilon_form="pytorch",
            learning_rate=1e-4,
            l2=1e-4,
            constant_epochs=500,
            decay_epochs=0,
        ),
        run=RunConfig(epochs=500, sample_every=2500, checkpoint_every=5000),
    )


def quick(location: str) -> TrainConfig:
    """UNIT at 64 px, with small networks.

    Numbers: docs/methods/unit.md. Differs from the paper: fewer channels
    and blocks, discriminators of three layers, learning rate 5e-4, batch 2,
    epochs of 100 steps.
    """
    return short_training(
        UNITConfig(
            filters=16,
            blocks=2,
            discriminator_filters=32,
            discriminator_layers=3,
        ),
        location,
        l2=1e-4,
        constant_epochs=6,
        decay_epochs=4,
    )
