"""Presets of MUNIT."""

from tfmask.configs import (
    DataConfig,
    OptimizerConfig,
    RunConfig,
    TrainConfig,
    short_training,
)
from tfmask.methods.munit.config import MUNITConfig


def paper(location: str) -> TrainConfig:
    """MUNIT as in the official config for edges2handbags: 1,000,000 steps.

    Paper: Huang et al. 2018, section 5 and appendix B. 256 px, batch 1,
    learning rate 1e-4, halved every 100,000 steps, L2 1e-4. An epoch is 1,000
    steps. The official config for summer2winter has `--method.cycle-weight 10`.
    The config for synthia2cityscape has this, too, and images of 512 px and a
    perceptual weight of 1. We have not trained this preset, because it needs a
    GPU.
    """
    return TrainConfig(
        method=MUNITConfig(),
        data=DataConfig(location=location, load_size=256, epoch_steps=1000),
        optimizer=OptimizerConfig(
            epsilon_form="pytorch",
            learning_rate=1e-4,
            l2=1e-4,
            constant_epochs=0,
            halving_epochs=100,
        ),
        run=RunConfig(epochs=1000, sample_every=1000, checkpoint_every=1000),
    )


def quick(location: str) -> TrainConfig:
    """MUNIT at 64 px in ten minutes on two cores.

    Numbers: docs/methods/munit.md. Differs from the paper: fewer channels, 2
    residual blocks, discriminators of 3 layers and 2 scales, a cycle term,
    learning rate 5e-4, batch 2, epochs of 100 steps.
    """
    return short_training(
        MUNITConfig(
            filters=16,
            blocks=2,
            style_hidden=64,
            discriminator_filters=32,
            discriminator_layers=3,
            discriminator_scales=2,
            cycle_weight=10.0,
        ),
        location,
        l2=1e-4,
        constant_epochs=4,
        halving_epochs=2,
        decay_epochs=6,
    )
