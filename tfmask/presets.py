"""Ready-made configs: `paper_*` as published, `quick_*` for small machines.

A preset is a function of the data's location that returns a whole
`TrainConfig`; any field can be overridden on the command line.
"""

import dataclasses

from tfmask import presets_attributes, presets_exemplars, presets_paired
from tfmask.configs import (
    AttentionGuidedConfig,
    CycleGANConfig,
    DataConfig,
    GuideGANConfig,
    InstaGANConfig,
    OptimizerConfig,
    RunConfig,
    TrainConfig,
)
from tfmask.ops.errors import unknown_name

# Networks of two domains at 64 px, for two cores.
_SMALL_CYCLE = {
    "filters": 24,
    "blocks": 3,
    "upsampling": "resize",
    "discriminator_filters": 32,
    "discriminator_layers": 2,
}


def paper_attention_guided(location: str) -> TrainConfig:
    """Attention-guided translation as for horse2zebra.

    Paper: Mejjati et al. 2018, section 3 and supplement: 256 px, batch 1,
    100 epochs, stages switch at epoch 30, threshold 0.1; learning rate 1e-4
    from the official configs, constant for 50 epochs, then linear to 0.
    KID x100 there: 8.87 (Z->H), 6.93 (H->Z). Not trained by us: it needs
    about a day on one GPU.
    """
    return TrainConfig(
        method_name="attention_guided",
        preset="paper",
        method=AttentionGuidedConfig(),
        data=DataConfig(antialias=False, location=location),
        optimizer=OptimizerConfig(
            learning_rate=1e-4, constant_epochs=50, decay_epochs=50
        ),
        run=RunConfig(epochs=100, sample_every=1000, checkpoint_every=1000),
    )


def quick_attention_guided(location: str) -> TrainConfig:
    """Attention-guided translation at 64 px in ten minutes on two cores.

    Numbers: docs/results.md. Differs from the paper: smaller networks,
    discriminators that see 34 pixels, cycle weight 3 (10 empties the masks
    of small networks), learning rate 5e-4, batch 2, resize and convolution
    instead of transposed convolutions, an epoch of 100 steps.
    """
    return TrainConfig(
        method_name="attention_guided",
        preset="quick",
        method=AttentionGuidedConfig(
            filters=24,
            blocks=3,
            upsampling="resize",
            attention_filters=24,
            discriminator_filters=32,
            discriminator_layers=2,
            cycle_weight=3.0,
            freeze_attention_epoch=16,
            masked_discriminator_epoch=16,
        ),
        data=DataConfig(location=location, image_size=64, epoch_steps=100),
        optimizer=OptimizerConfig(
            learning_rate=5e-4, constant_epochs=12, decay_epochs=8
        ),
        run=RunConfig(epochs=20, batch_size=2),
    )


def paper_cyclegan(location: str) -> TrainConfig:
    """CycleGAN as in its PyTorch code: 256 px, batch 1, 200 epochs.

    Paper: Zhu et al. 2017, section 4 and appendix. The learning rate is
    constant for 100 epochs and then falls: the factor of epoch E (from 1)
    is 1 - max(0, E - 100) / 101, which is 99 and 101 in our terms. Not
    trained by us: it needs a GPU.
    """
    return TrainConfig(
        method_name="cyclegan",
        preset="paper",
        method=CycleGANConfig(),
        data=DataConfig(interpolation="bicubic", location=location),
        optimizer=OptimizerConfig(
            epsilon_form="pytorch", constant_epochs=99, decay_epochs=101
        ),
        run=RunConfig(epochs=200, sample_every=1000, checkpoint_every=1000),
    )


def quick_cyclegan(location: str) -> TrainConfig:
    """CycleGAN at 64 px in ten minutes on two cores.

    Numbers: docs/results.md. Differs from the paper: fewer channels, 3
    blocks, discriminators that see 34 pixels, learning rate 5e-4, batch 2,
    resize and convolution instead of transposed convolutions, an epoch of
    100 steps.
    """
    return TrainConfig(
        method_name="cyclegan",
        preset="quick",
        method=CycleGANConfig(**_SMALL_CYCLE),
        data=DataConfig(location=location, image_size=64, epoch_steps=100),
        optimizer=OptimizerConfig(
            epsilon_form="pytorch",
            learning_rate=5e-4,
            constant_epochs=12,
            decay_epochs=8,
        ),
        run=RunConfig(epochs=20, batch_size=2),
    )


def paper_guidegan(location: str) -> TrainConfig:
    """GuideGAN as for apple2orange: post hoc attention, residual multiply.

    Paper: ICLR 2020 submission, sections 3 and 4: 256 px, batch 1, rate 2e-4
    for 100 epochs and then linearly to 0 in 50. For horse2zebra it has
    `--method.attention ram --method.transfer rgba` (its figures' captions
    say multiply) and 50 + 100 epochs. Not trained by us: it needs a GPU.
    """
    return TrainConfig(
        method_name="guidegan",
        preset="paper",
        method=GuideGANConfig(),
        data=DataConfig(interpolation="bicubic", location=location),
        optimizer=OptimizerConfig(
            epsilon_form="pytorch", constant_epochs=100, decay_epochs=50
        ),
        run=RunConfig(epochs=150, sample_every=1000, checkpoint_every=1000),
    )


def quick_guidegan(location: str) -> TrainConfig:
    """GuideGAN at 64 px, with the sizes and rates of `quick_cyclegan`.

    Differs from the paper: fewer channels, 3 blocks, discriminators that
    see 34 pixels, learning rate 5e-4, batch 2, resize and convolution
    instead of transposed convolutions, an epoch of 100 steps.
    """
    return dataclasses.replace(
        quick_cyclegan(location),
        method_name="guidegan",
        method=GuideGANConfig(**_SMALL_CYCLE),
    )


def paper_instagan(location: str) -> TrainConfig:
    """InstaGAN as for sheep and giraffes of COCO: 200 px cut from 220.

    Paper: Mo, Cho, Shin 2019, appendices A and B: batch 4, 200 epochs, the
    rate constant for 100 and then falling as CycleGAN's, 2e-4 for generators
    and 1e-4 for discriminators (the official code has 2e-4 for both). Not
    trained by us: it needs GPUs.
    """
    return TrainConfig(
        method_name="instagan",
        preset="paper",
        method=InstaGANConfig(),
        data=DataConfig(
            interpolation="bicubic",
            location=location,
            image_size=200,
            load_size=220,
        ),
        optimizer=OptimizerConfig(
            epsilon_form="pytorch",
            discriminator_learning_rate=1e-4,
            constant_epochs=99,
            decay_epochs=101,
        ),
        run=RunConfig(
            epochs=200,
            batch_size=4,
            sample_every=1000,
            checkpoint_every=1000,
        ),
    )


def quick_instagan(location: str) -> TrainConfig:
    """InstaGAN at 64 px in about fifteen minutes on two cores.

    Differs from the paper: smaller networks without normalisation, which
    loses the colours of a plain background, and with one strided layer;
    discriminators that see 34 pixels, resize and convolution instead of
    transposed convolutions, higher learning rates, batch 1, an epoch of 100
    steps.
    """
    return TrainConfig(
        method_name="instagan",
        preset="quick",
        method=InstaGANConfig(
            filters=16,
            blocks=3,
            strided_layers=1,
            normalization="none",
            upsampling="resize",
            discriminator_filters=32,
            discriminator_layers=2,
        ),
        data=DataConfig(location=location, image_size=64, epoch_steps=100),
        optimizer=OptimizerConfig(
            epsilon_form="pytorch",
            learning_rate=5e-4,
            discriminator_learning_rate=5e-4,
            constant_epochs=8,
            decay_epochs=8,
        ),
        run=RunConfig(epochs=16, batch_size=1),
    )


PRESETS = {
    ("attention_guided", "paper"): paper_attention_guided,
    ("attention_guided", "quick"): quick_attention_guided,
    ("cyclegan", "paper"): paper_cyclegan,
    ("cyclegan", "quick"): quick_cyclegan,
    ("guidegan", "paper"): paper_guidegan,
    ("guidegan", "quick"): quick_guidegan,
    ("instagan", "paper"): paper_instagan,
    ("instagan", "quick"): quick_instagan,
    **presets_paired.PRESETS,
    **presets_attributes.PRESETS,
    **presets_exemplars.PRESETS,
}


def preset_config(method_name: str, preset: str, location: str) -> TrainConfig:
    """The config of a method's preset.

    Raises:
        UserError: there is no such method or preset.
    """
    methods = sorted({method for method, _ in PRESETS})
    if method_name not in methods:
        raise unknown_name("method", method_name, methods)
    presets = [name for method, name in PRESETS if method == method_name]
    if preset not in presets:
        raise unknown_name("preset", preset, presets)
    return PRESETS[method_name, preset](location)
