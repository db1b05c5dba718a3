"""Presets of U-GAT-IT."""

from tfmask.configs import (
    DataConfig,
    OptimizerConfig,
    RunConfig,
    TrainConfig,
    short_training,
)
from tfmask.methods.ugatit.config import UGATITConfig


def paper(location: str) -> TrainConfig:
    """U-GAT-IT as in its PyTorch code: 256 px, batch 1, a million steps.

    Paper: Kim et al. 2020, section 4 and appendix. An epoch is 10,000 steps.
    The learning rate is constant for 50 epochs and then falls to 0. The authors
    need a GPU of 16 GiB for days. The paper's KID x 100: 7.06 on horse2zebra,
    11.61 on selfie2anime. We have not trained this preset, because it needs a
    GPU.
    """
    return TrainConfig(
        method=UGATITConfig(),
        data=DataConfig(location=location, epoch_steps=10_000),
        optimizer=OptimizerConfig(
            epsilon_form="pytorch",
            learning_rate=1e-4,
            l2=1e-4,
            constant_epochs=50,
            decay_epochs=50,
        ),
        run=RunConfig(epochs=100, sample_every=1000, checkpoint_every=1000),
    )


def quick(location: str) -> TrainConfig:
    """The light U-GAT-IT at 64 px in minutes on two cores.

    Numbers: docs/methods/ugatit.md. Differs from the paper: the light form,
    fewer channels, 2 blocks, discriminators with fewer layers, learning rate
    5e-4, batch 2, epochs of 100 steps.
    """
    return short_training(
        UGATITConfig(
            filters=24,
            blocks=2,
            light=True,
            discriminator_filters=24,
            global_layers=4,
            local_layers=2,
        ),
        location,
        l2=1e-4,
        constant_epochs=6,
        decay_epochs=4,
    )
