"""Presets of the methods that read the look of an exemplar."""

from tfmask.configs import (
    DataConfig,
    LOMITConfig,
    OptimizerConfig,
    RunConfig,
    TrainConfig,
)


def paper_lomit(location: str) -> TrainConfig:
    """LOMIT as for CelebA: 128 px, batch 8, 200,000 iterations.

    Paper: LOMIT, section 4 and supplement: learning rate 1e-4, constant for
    100,000 iterations, then halved every 10,000; five updates of the
    discriminator for one of the rest. An epoch here is 1,000 iterations. 30
    hours on one Titan Xp there; not trained by us.
    """
    return TrainConfig(
        method_name="lomit",
        preset="paper",
        method=LOMITConfig(),
        data=DataConfig(location=location, image_size=128, epoch_steps=1000),
        optimizer=OptimizerConfig(
            learning_rate=1e-4, constant_epochs=100, halving_epochs=10
        ),
        run=RunConfig(
            epochs=200,
            batch_size=8,
            sample_every=1000,
            checkpoint_every=1000,
        ),
    )


def quick_lomit(location: str) -> TrainConfig:
    """LOMIT at 64 px in less than twenty minutes on two cores.

    Differs from the paper: smaller networks, discriminators of 5 strided
    layers that learn twice for one update of the rest, batch 4, higher
    learning rate, an epoch of 100 steps.
    """
    return TrainConfig(
        method_name="lomit",
        preset="quick",
        method=LOMITConfig(
            filters=12,
            blocks=2,
            style_hidden=64,
            mask_layers=3,
            discriminator_filters=16,
            discriminator_layers=5,
            critic_steps=2,
        ),
        data=DataConfig(location=location, image_size=64, epoch_steps=100),
        optimizer=OptimizerConfig(
            learning_rate=5e-4, constant_epochs=16, halving_epochs=2
        ),
        run=RunConfig(epochs=24, batch_size=4),
    )


PRESETS = {
    ("lomit", "paper"): paper_lomit,
    ("lomit", "quick"): quick_lomit,
}
