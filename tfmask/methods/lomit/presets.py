"""Presets of LOMIT."""

from tfmask.configs import DataConfig, OptimizerConfig, RunConfig, TrainConfig
from tfmask.methods.lomit.config import LOMITConfig


def paper(location: str) -> TrainConfig:
    """LOMIT as for CelebA: 128 px, batch 8, 200,000 iterations.

    Paper: LOMIT, section 4 and supplement: the 178 pixels about the centre,
    resized to 128 without a random crop, half of them mirrored; learning
    rate 1e-4, constant for 100,000 iterations, then halved every 10,000;
    five updates of the discriminator for one of the rest. An epoch here is
    1,000 iterations. 30 hours on one Titan Xp there; not trained by us.
    """
    return TrainConfig(
        method=LOMITConfig(),
        data=DataConfig(
            location=location,
            image_size=128,
            load_size=128,
            centre_crop=178,
            epoch_steps=1000,
        ),
        optimizer=OptimizerConfig(
            epsilon_form="pytorch",
            learning_rate=1e-4,
            constant_epochs=100,
            halving_epochs=10,
        ),
        run=RunConfig(
            epochs=200,
            batch_size=8,
            sample_every=1000,
            checkpoint_every=1000,
        ),
    )


def quick(location: str) -> TrainConfig:
    """LOMIT at 64 px in half an hour on a core.

    Differs from the paper: smaller networks, discriminators of 5 strided
    layers, one critic step a generator step, batch 4, higher learning rate,
    an epoch of 100 steps. Classification weighs five times as much and R2 a
    hundred times (up to a distance of 1), or all styles become alike; R3
    weighs more, or the mask is on the background.
    """
    return TrainConfig(
        method=LOMITConfig(
            filters=12,
            blocks=2,
            style_hidden=64,
            mask_layers=3,
            discriminator_filters=16,
            discriminator_layers=5,
            critic_steps=1,
            classification_weight=5.0,
            style_distance_weight=1.0,
            style_distance_max=1.0,
            mask_area_weight=0.02,
        ),
        data=DataConfig(location=location, image_size=64, epoch_steps=100),
        optimizer=OptimizerConfig(
            epsilon_form="pytorch",
            learning_rate=5e-4,
            constant_epochs=32 / 3,
            halving_epochs=4 / 3,
        ),
        run=RunConfig(epochs=16, batch_size=4),
    )
