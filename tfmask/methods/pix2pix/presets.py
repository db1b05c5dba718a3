"""Presets of pix2pix."""

from tfmask.configs import DataConfig, OptimizerConfig, RunConfig, TrainConfig
from tfmask.methods.pix2pix.config import Pix2PixConfig


def paper(location: str) -> TrainConfig:
    """pix2pix as for facades: 256 px, batch 1, 200 epochs, constant rate.

    Paper: Isola et al. 2017, appendix 6.2. The learning rate of the Torch code
    never falls. In the PyTorch code it falls in the second half
    (`constant_epochs` 99, `decay_epochs` 101). We have not trained this preset,
    because it needs a GPU.
    """
    return TrainConfig(
        method=Pix2PixConfig(),
        data=DataConfig(interpolation="bicubic", location=location),
        optimizer=OptimizerConfig(
            epsilon_form="pytorch", constant_epochs=200, decay_epochs=0
        ),
        run=RunConfig(epochs=200, sample_every=1000, checkpoint_every=1000),
    )


def quick(location: str) -> TrainConfig:
    """pix2pix at 128 px in less than thirty minutes on two cores.

    Differs from the paper: fewer channels, 7 levels, a higher learning rate
    that falls at the end, epochs of 100 steps.
    """
    return TrainConfig(
        method=Pix2PixConfig(filters=32, levels=7, discriminator_filters=32),
        data=DataConfig(location=location, image_size=128, epoch_steps=100),
        optimizer=OptimizerConfig(
            epsilon_form="pytorch",
            learning_rate=5e-4,
            constant_epochs=24,
            decay_epochs=16,
        ),
        run=RunConfig(epochs=40),
    )
