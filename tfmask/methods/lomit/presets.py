"""Presets of LOMIT."""

from tfmask.configs import DataConfig, OptimizerConfig, RunConfig, TrainConfig
from tfmask.methods.lomit.config import LOMITConfig


def paper(location: str) -> TrainConfig:
    """LOMIT as for CelebA: 128 px, batch 8, 200,000 steps.

    Paper: LOMIT, section 4 and supplement: the 178 x 178 pixels in the centre
    of a face image, resized to 128 px without a random crop. Half of the images
    are mirrored. The learning rate is 1e-4 for 100,000 steps, then it is halved
    every 10,000 steps. The discriminator learns five times for each update of
    the other networks. An epoch is 1,000 steps. The authors needed 30 hours on
    one Titan Xp. We have not trained this preset.
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

    Differs from the paper: smaller networks, a discriminator of 5 strided
    layers, one update of the discriminator for one of the generator, batch 4, a
    higher learning rate, epochs of 100 steps. The weight of the classification
    is five times as high and the weight of R2 a hundred times (R2 stops at a
    distance of 1). Otherwise all styles become alike. The weight of R3 is
    higher. Otherwise the mask is on the background.
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
