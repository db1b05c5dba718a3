"""Presets of STGAN."""

from tfmask.configs import DataConfig, OptimizerConfig, RunConfig, TrainConfig
from tfmask.methods.attgan.presets import OFFICIAL_EPOCH, SMALL_UNET, quick_unet
from tfmask.methods.stgan.config import STGANConfig


def paper(location: str) -> TrainConfig:
    """STGAN as in its TensorFlow code: 128 px, batch 32, 200 epochs.

    Code: csmliu/STGAN: the attributes are AttGAN's. The learning rate 2e-4
    falls to a tenth after 100 epochs (see `OFFICIAL_EPOCH`). No image is
    mirrored. The code cuts 170 x 170 pixels two rows below the centre, this
    preset cuts them at the centre. We have not trained this preset, because it
    needs a GPU.
    """
    return TrainConfig(
        method=STGANConfig(),
        data=DataConfig(
            interpolation="bicubic",
            antialias=False,
            location=location,
            image_size=128,
            load_size=128,
            centre_crop=170,
            flip=False,
        ),
        optimizer=OptimizerConfig(
            constant_epochs=0,
            halving_epochs=100 * OFFICIAL_EPOCH,
            halving_factor=0.1,
        ),
        run=RunConfig(
            epochs=200 * OFFICIAL_EPOCH,
            batch_size=32,
            sample_every=1000,
            checkpoint_every=1000,
        ),
    )


def quick(location: str) -> TrainConfig:
    """STGAN at 64 px on two cores.

    It differs from the paper as AttGAN's quick preset does.
    """
    method = STGANConfig(**SMALL_UNET, shortcut_layers=3, inject_layers=3)
    return quick_unet(method, location)
