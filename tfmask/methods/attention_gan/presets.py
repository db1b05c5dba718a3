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
    """AttentionGAN as in the official script for horse2zebra.

    Paper: Tang et al. 2021. 256 px, batch 4, 60 epochs, constant learning rate.
    We have not trained this preset, because it needs a GPU.
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

    Numbers: docs/methods/attention_gan.md. Differs from the paper: it has the
    sizes and rates of CycleGAN's quick preset, with two thirds of the channels.
    It has half of the steps, because a step takes longer.
    """
    return short_training(
        AttentionGANConfig(**{**cyclegan.SMALL, "filters": 16}),
        location,
        constant_epochs=6,
        decay_epochs=4,
    )


def photos(location: str) -> TrainConfig:
    """AttentionGAN of a few photographs, with lessons for the masks.

    As `quick`, with lessons: in the middle of the training the networks learn
    from their own masks, moved to the edges of the images. If masks are given,
    the networks learn from them, from the start. The generators make the masks.
    So the lessons go on in the adversarial training, with a weight that keeps
    the masks.
    """
    return with_lessons(quick(location), 4, lesson_weight=1.0)
