"""Presets of the methods that set attributes."""

import dataclasses

from tfmask.configs import (
    METHOD_CONFIGS,
    AttGANConfig,
    DataConfig,
    OptimizerConfig,
    RunConfig,
    StarGANConfig,
    STGANConfig,
    TrainConfig,
)

# Of six batches the official code of AttGAN and STGAN gives five to the
# discriminator and the sixth to the generator alone. Here every batch is the
# discriminator's and every fifth the generator's, too: the updates of an
# epoch of theirs take this much of an epoch of ours.
_OFFICIAL_EPOCH = 5 / 6


def paper_stargan(location: str) -> TrainConfig:
    """StarGAN on CelebA: 128 px of the faces' 178, batch 16.

    Paper: Choi et al. 2018, section 5: Adam 1e-4 for 10 epochs, then falling
    to 0 over 10 more; the code's 100,000 and 100,000 steps, here as epochs
    of 1,000 steps, after each of which the rate falls, as in the code. (The
    code then subtracts a thousandth of what it should; the paper's intent
    is built.) `--data.attributes Black_Hair Blond_Hair Brown_Hair Male
    Young --method.exclusive Black_Hair Blond_Hair Brown_Hair` are the
    paper's. Not trained by us: it needs a GPU.
    """
    return TrainConfig(
        method_name="stargan",
        preset="paper",
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


def quick_stargan(location: str) -> TrainConfig:
    """StarGAN at 64 px in twenty minutes on two cores.

    Differs from the paper: smaller networks, the generator without
    normalisation, which loses the colours of a plain background, and with
    one strided layer; two critic steps a generator step, learning rate
    5e-4, batch 4, an epoch of 100 steps.
    """
    return TrainConfig(
        method_name="stargan",
        preset="quick",
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


def paper_attgan(location: str) -> TrainConfig:
    """AttGAN as in its TensorFlow code: 128 px cut from 143, batch 32.

    Code: LynnHo/AttGAN-Tensorflow: 60 epochs, the rate 2e-4 falls from the
    30th on (the factor of epoch e from 0 is 1 - (e - 29) / 31); 50 of our
    epochs, see `_OFFICIAL_EPOCH`. Its attributes of CelebA are
    `--data.attributes Bald Bangs Black_Hair Blond_Hair Brown_Hair
    Bushy_Eyebrows Eyeglasses Male Mouth_Slightly_Open Mustache No_Beard
    Pale_Skin Young`. Not trained by us: it needs a GPU.
    """
    return TrainConfig(
        method_name="attgan",
        preset="paper",
        method=AttGANConfig(),
        data=DataConfig(
            antialias=False, location=location, image_size=128, load_size=143
        ),
        optimizer=OptimizerConfig(
            constant_epochs=29 * _OFFICIAL_EPOCH,
            decay_epochs=31 * _OFFICIAL_EPOCH,
        ),
        run=RunConfig(
            epochs=60 * _OFFICIAL_EPOCH,
            batch_size=32,
            sample_every=1000,
            checkpoint_every=1000,
        ),
    )


def paper_stgan(location: str) -> TrainConfig:
    """STGAN as in its TensorFlow code: 128 px, batch 32, 200 epochs.

    Code: csmliu/STGAN: attributes as AttGAN's; the rate 2e-4 falls to a
    tenth after 100 epochs (see `_OFFICIAL_EPOCH`); no image is mirrored; 170
    pixels cut two rows below the centre, here about the centre. Not trained
    by us: it needs a GPU.
    """
    return TrainConfig(
        method_name="stgan",
        preset="paper",
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
            halving_epochs=100 * _OFFICIAL_EPOCH,
            halving_factor=0.1,
        ),
        run=RunConfig(
            epochs=200 * _OFFICIAL_EPOCH,
            batch_size=32,
            sample_every=1000,
            checkpoint_every=1000,
        ),
    )


_SMALL_UNET = {
    "filters": 24,
    "layers": 4,
    "batch_norm_momentum": 0.95,
    "discriminator_filters": 24,
    "discriminator_layers": 4,
    "discriminator_units": 128,
    "reconstruction_weight": 30.0,
    "critic_steps": 2,
}


def quick_attgan(location: str) -> TrainConfig:
    """AttGAN at 64 px on two cores.

    Differs from the paper: fewer channels and layers, reconstruction weight
    30, two critic steps a generator step, learning rate 5e-4, batch 8, an
    epoch of 100 steps.
    """
    return _quick_unet("attgan", AttGANConfig(**_SMALL_UNET), location)


def quick_stgan(location: str) -> TrainConfig:
    """STGAN at 64 px on two cores; differs from the paper as AttGAN's."""
    method = STGANConfig(**_SMALL_UNET, shortcut_layers=3, inject_layers=3)
    return _quick_unet("stgan", method, location)


def _quick_unet(method_name, method, location):
    return TrainConfig(
        method_name=method_name,
        preset="quick",
        method=method,
        data=DataConfig(
            location=location, image_size=64, load_size=64, epoch_steps=100
        ),
        optimizer=OptimizerConfig(
            learning_rate=5e-4, constant_epochs=20, decay_epochs=20
        ),
        run=RunConfig(epochs=40, batch_size=8),
    )


def paper_cam_stargan(location: str) -> TrainConfig:
    """StarGAN with CAM-consistency; its numbers are ours, not the paper's.

    They are not known to us. Not trained by us: it needs a GPU.
    """
    return _with_cam(paper_stargan(location))


def quick_cam_stargan(location: str) -> TrainConfig:
    """`quick_stargan` with CAM-consistency from the first step on.

    With the paper presets' late start this host has turned the brightness of
    all backgrounds round before, and stays with that.
    """
    return _with_cam(quick_stargan(location), start=0.0, full=1 / 20)


def paper_cam_attgan(location: str) -> TrainConfig:
    """AttGAN with CAM-consistency; its numbers are ours, not the paper's."""
    return _with_cam(paper_attgan(location))


def quick_cam_attgan(location: str) -> TrainConfig:
    """`quick_attgan` with CAM-consistency."""
    return _with_cam(quick_attgan(location))


def paper_cam_stgan(location: str) -> TrainConfig:
    """STGAN with CAM-consistency; its numbers are ours, not the paper's."""
    return _with_cam(paper_stgan(location))


def quick_cam_stgan(location: str) -> TrainConfig:
    """`quick_stgan` with CAM-consistency."""
    return _with_cam(quick_stgan(location))


def _with_cam(host, start=1 / 20, full=1 / 10):
    """A host's config with the add-on.

    Args:
        host: `TrainConfig`.
        start: share of the run before the add-on begins.
        full: share of the run from which on it has its full weights. The
            defaults are 10,000 and 20,000 of StarGAN's 200,000 steps, our
            choice.
    """
    method_name = f"cam_{host.method_name}"
    method = METHOD_CONFIGS[method_name](
        **dataclasses.asdict(host.method),
        cam_start_epoch=host.run.epochs * start,
        cam_full_epoch=host.run.epochs * full,
    )
    return dataclasses.replace(host, method_name=method_name, method=method)


PRESETS = {
    ("stargan", "paper"): paper_stargan,
    ("stargan", "quick"): quick_stargan,
    ("attgan", "paper"): paper_attgan,
    ("attgan", "quick"): quick_attgan,
    ("stgan", "paper"): paper_stgan,
    ("stgan", "quick"): quick_stgan,
    ("cam_stargan", "paper"): paper_cam_stargan,
    ("cam_stargan", "quick"): quick_cam_stargan,
    ("cam_attgan", "paper"): paper_cam_attgan,
    ("cam_attgan", "quick"): quick_cam_attgan,
    ("cam_stgan", "paper"): paper_cam_stgan,
    ("cam_stgan", "quick"): quick_cam_stgan,
}
