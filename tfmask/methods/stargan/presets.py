"""Presets of StarGAN."""

from tfmask.configs import DataConfig, OptimizerConfig, RunConfig, TrainConfig
from tfmask.methods.stargan.config import StarGANConfig


def paper(location: str) -> TrainConfig:
    """StarGAN on CelebA: the centre of 178 px, resized to 128 px, batch 16.

    Paper: Choi et al. 2018, section 5: Adam with 1e-4 for 10 epochs, then
    falling to 0 in 10 more. The official code has 100,000 and 100,000 steps. So
    has this preset, in epochs of 1,000 steps. The learning rate falls after
    each of them, as in the code. (The code subtracts only a thousandth of what
    it should. Here the rate falls as the paper says.) The paper's attributes
    are `--data.attributes Black_Hair Blond_Hair Brown_Hair Male Young
    --method.exclusive Black_Hair Blond_Hair Brown_Hair`. We have not trained
    this preset, because it needs a GPU.
    """
    return TrainConfig(
        method=StarGANConfig(),
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
            decay_epochs=100,
        ),
        run=RunConfig(
            epochs=200,
            batch_size=16,
            sample_every=1000,
            checkpoint_every=1000,
        ),
    )


def quick(location: str) -> TrainConfig:
    """StarGAN at 64 px in twenty minutes on two cores.

    Differs from the paper: smaller networks, a generator with one strided layer
    and without normalisation (normalisation loses the colours of a plain
    background), two updates of the discriminator for one of the generator,
    learning rate 5e-4, batch 4, epochs of 100 steps.
    """
    return TrainConfig(
        method=StarGANConfig(
            filters=16,
            blocks=3,
            strided_layers=1,
            normalization="none",
            discriminator_filters=32,
            discriminator_layers=4,
            critic_steps=2,
        ),
        data=DataConfig(
            location=location, image_size=64, load_size=64, epoch_steps=100
        ),
        optimizer=OptimizerConfig(
            epsilon_form="pytorch",
            learning_rate=5e-4,
            constant_epochs=50,
            decay_epochs=30,
        ),
        run=RunConfig(epochs=80, batch_size=4),
    )
