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
    """Attention-GAN as in its code's script for horse2zebra.

    Paper: Chen et al. 2018; 256 px, batch 4, 110 + 100 epochs, the learning
    rate a tenth every 100 epochs. Not trained by us: it needs a GPU.
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

    Numbers: docs/methods/chen_attention_gan.md. For the first 250 steps masks
    all but vanish; then they come back.
    Differs from the paper: cycle weight 3 and sparsity weight 0.3, against an
    adversarial weight of 1, so that masks come back sooner and fuller; the
    sizes and rates of CycleGAN's quick preset, with two thirds of its channels
    and half of its steps, attention networks of one block.
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
    """Attention-GAN of a few photographs, with taught masks.

    As `quick`; in the middle the masks that the game has found teach
    themselves at the edges of the images, or given masks teach from the
    start. Then the masks stay, and the rest trains on what they show.
    """
    return with_lessons(quick(location), 4)
