"""Presets of AttGAN."""

from tfmask.configs import DataConfig, OptimizerConfig, RunConfig, TrainConfig
from tfmask.methods.attgan.config import AttGANConfig

# The official code of AttGAN and STGAN gives five of six batches to the
# discriminator and the sixth to the generator. Here the discriminator gets
# every batch, and the generator every fifth batch. So an official epoch has as
# many updates as 5/6 of an epoch here.
OFFICIAL_EPOCH = 5 / 6


def paper(location: str) -> TrainConfig:
    """AttGAN as in its TensorFlow code: crops of 128 px from 143, batch 32.

    Code: LynnHo/AttGAN-Tensorflow: 60 epochs, which are 50 epochs here (see
    `OFFICIAL_EPOCH`). The learning rate 2e-4 falls from the 30th epoch on: the
    factor of epoch e (from 0) is 1 - (e - 29) / 31. Its attributes of CelebA
    are `--data.attributes Bald Bangs Black_Hair Blond_Hair Brown_Hair
    Bushy_Eyebrows Eyeglasses Male Mouth_Slightly_Open Mustache No_Beard
    Pale_Skin Young`. We have not trained this preset, because it needs a GPU.
    """
    return TrainConfig(
        method=AttGANConfig(),
        data=DataConfig(
            antialias=False, location=location, image_size=128, load_size=143
        ),
        optimizer=OptimizerConfig(
            constant_epochs=29 * OFFICIAL_EPOCH,
            decay_epochs=31 * OFFICIAL_EPOCH,
        ),
        run=RunConfig(
            epochs=60 * OFFICIAL_EPOCH,
            batch_size=32,
            sample_every=1000,
            checkpoint_every=1000,
        ),
    )


SMALL_UNET = {
    "filters": 24,
    "layers": 4,
    "batch_norm_momentum": 0.95,
    "discriminator_filters": 24,
    "discriminator_layers": 4,
    "discriminator_units": 128,
    "reconstruction_weight": 30.0,
    "critic_steps": 2,
}


def quick(location: str) -> TrainConfig:
    """AttGAN at 64 px on two cores.

    Differs from the paper: fewer channels and layers, reconstruction weight
    30, two updates of the discriminator for one of the generator, learning rate
    5e-4, batch 8, epochs of 100 steps.
    """
    return quick_unet(AttGANConfig(**SMALL_UNET), location)


def quick_unet(method, location):
    """A method with data, rates and length of AttGAN's quick preset."""
    return TrainConfig(
        method=method,
        data=DataConfig(
            location=location, image_size=64, load_size=64, epoch_steps=100
        ),
        optimizer=OptimizerConfig(
            learning_rate=5e-4, constant_epochs=20, decay_epochs=20
        ),
        run=RunConfig(epochs=40, batch_size=8),
    )
