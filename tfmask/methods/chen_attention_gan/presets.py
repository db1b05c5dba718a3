"""Presets of Attention-GAN."""

from tfmask.configs import (
    DataConfig,
    OptimizerConfig,
    RunConfig,
    TrainConfig,
    short_training,
)
from tfmask.methods.chen_attention_gan.config import ChenAttentionGANConfig
from tfmask.methods.cyclegan import presets as cyclegan
from tfmask.methods.lesson_options import with_lessons


def paper(location: str) -> TrainConfig:
    """Attention-GAN as in the official script for horse2zebra.

    Paper: Chen et al. 2018. 256 px, batch 4, 110 + 100 epochs. The learning
    rate falls to a tenth every 100 epochs. We have not trained this preset,
    because it needs a GPU.
    """
    return TrainConfig(
        method=ChenAttentionGANConfig(),
        data=DataConfig(interpolation="bicubic", location=location),
        optimizer=OptimizerConfig(
            epsilon_form="pytorch",
            constant_epochs=0,
            halving_epochs=100,
            halving_factor=0.1,
        ),
        run=RunConfig(
            epochs=210, batch_size=4, sample_every=1000, checkpoint_every=1000
        ),
    )


def quick(location: str) -> TrainConfig:
    """Attention-GAN at 64 px, for two cores.

    Numbers: docs/methods/chen_attention_gan.md. In the first 250 steps the
    masks nearly vanish. Then they come back.

    Differs from the paper: it has the sizes and rates of CycleGAN's quick
    preset, with two thirds of the channels and half of the steps. The attention
    networks have one block. The cycle weight is 3 and the sparsity weight 0.3,
    beside an adversarial weight of 1, so that masks come back sooner and
    larger.
    """
    return short_training(
        ChenAttentionGANConfig(
            **{**cyclegan.SMALL, "filters": 16},
            attention_filters=16,
            attention_blocks=1,
            cycle_weight=3.0,
            sparsity_weight=0.3,
        ),
        location,
        constant_epochs=6,
        decay_epochs=4,
    )


def photos(location: str) -> TrainConfig:
    """Attention-GAN of a few photographs, with lessons for the masks.

    As `quick`, with lessons: in the middle of the training the networks learn
    from their own masks, moved to the edges of the images. If masks are given,
    the networks learn from them, from the start. After the lessons the masks
    stay as they are, and the other networks learn to translate what the masks
    show.
    """
    return with_lessons(quick(location), 4)
