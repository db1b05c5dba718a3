"""Presets of DRIT."""

from tfmask.configs import (
    DataConfig,
    OptimizerConfig,
    RunConfig,
    TrainConfig,
    short_training,
)
from tfmask.methods.drit.config import DRITConfig


def paper(location: str) -> TrainConfig:
    """DRIT++ as in its code: crops of 216 px from 256, batch 2, 1,200 epochs.

    Paper: Lee et al. 2020, section 4. One image of a batch gives contents and
    attributes. The other one is the real image for judging translations with
    random attributes. The learning rate is 1e-4, and 4e-5 for the content
    discriminator. It is constant for 600 epochs. The factor of epoch E (from 0)
    is 1 - max(0, E - 600) / 601. The official script for portraits and cats has
    `--method.concat False`. DRIT (2018) has `--method.mode-seeking-weight 0`.
    We have not trained this preset, because it needs a GPU.
    """
    return TrainConfig(
        method=DRITConfig(),
        data=DataConfig(
            location=location,
            image_size=216,
            load_size=256,
            interpolation="bicubic",
        ),
        optimizer=OptimizerConfig(
            epsilon_form="pytorch",
            learning_rate=1e-4,
            content_learning_rate=4e-5,
            l2=1e-4,
            constant_epochs=600,
            decay_epochs=601,
        ),
        run=RunConfig(
            epochs=1200,
            batch_size=2,
            sample_every=1000,
            checkpoint_every=1000,
        ),
    )


def quick(location: str) -> TrainConfig:
    """DRIT++ at 64 px, with small networks.

    Numbers: docs/methods/drit.md. Differs from the paper: fewer channels,
    one residual block, resize and convolution instead of transposed
    convolutions, discriminators of 3 layers and 2 scales, all networks learn
    in every step, five times the learning rates, epochs of 100 steps.
    """
    return short_training(
        DRITConfig(
            filters=16,
            blocks=1,
            style_hidden=64,
            upsampling="resize",
            discriminator_filters=24,
            discriminator_layers=3,
            discriminator_scales=2,
            content_steps=1,
        ),
        location,
        content_learning_rate=2e-4,
        l2=1e-4,
        constant_epochs=6,
        decay_epochs=4,
    )
