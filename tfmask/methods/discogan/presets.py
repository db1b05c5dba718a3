"""Presets of DiscoGAN."""

from tfmask.configs import (
    DataConfig,
    OptimizerConfig,
    RunConfig,
    TrainConfig,
    short_training,
)
from tfmask.methods.discogan.config import DiscoGANConfig


def paper(location: str) -> TrainConfig:
    """DiscoGAN as in its official code: 64 px, batch 64.

    Paper: Kim et al. 2017, section 3.2. The official script runs until somebody
    stops it. This preset stops after 100,000 steps. An epoch is 1,000 steps, so
    that the 10,000 steps of the curriculum do not depend on the data. We have
    not trained this preset, because it needs a GPU.
    """
    return TrainConfig(
        method=DiscoGANConfig(),
        data=DataConfig(
            location=location,
            image_size=64,
            load_size=64,
            antialias=False,
            flip=False,
            pairing="cycle",
            epoch_steps=1000,
        ),
        optimizer=OptimizerConfig(
            epsilon_form="pytorch", l2=1e-5, decay_epochs=0
        ),
        run=RunConfig(
            epochs=100, batch_size=64, sample_every=1000, checkpoint_every=1000
        ),
    )


def quick(location: str) -> TrainConfig:
    """DiscoGAN at 64 px in minutes on two cores.

    Numbers: docs/methods/discogan.md. Differs from the paper: three eighths
    of the channels, 3 levels (the innermost map is 8 x 8), r 0.9 after a
    curriculum of 100 steps, batch 4, learning rate 1e-3, epochs of 100 steps,
    random crops and mirror images. With the official 4 levels and r 0.5, only
    the colours are right at the end.
    """
    return short_training(
        DiscoGANConfig(
            filters=24,
            levels=3,
            discriminator_filters=24,
            reconstruction_rate=0.9,
            curriculum_epoch=1.0,
        ),
        location,
        learning_rate=1e-3,
        l2=1e-5,
        constant_epochs=4,
        decay_epochs=2,
        batch_size=4,
    )
