"""Presets of AttentionGAN."""

from tfmask.configs import (
    DataConfig,
    OptimizerConfig,
    RunConfig,
    TrainConfig,
    short_training,
)
from tfmask.methods.attention_gan.config import AttentionGANConfig
from tfmask.methods.cyclegan import presets as cyclegan
from tfmask.methods.lesson_options import with_lessons


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
    return short_training(
        AttentionGANConfig(**{**cyclegan.SMALL, "filters": 16}),
        location,
        constant_epochs=6,
        decay_epochs=4,
    )


def photos(location: str) -> TrainConfig:
    """AttentionGAN of a few photographs, with taught masks.

    As `quick`; in the middle the masks that the game has found teach
    themselves at the edges of the images, or given masks teach from the
    start. The masks are a part of the generators, so the lessons go on beside
    the game, with a weight that keeps them.
    """
    return with_lessons(quick(location), 4, lesson_weight=1.0)
