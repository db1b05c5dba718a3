"""Presets of attention-guided translation."""

from tfmask.configs import DataConfig, OptimizerConfig, RunConfig, TrainConfig
from tfmask.methods.attention_guided.config import AttentionGuidedConfig
from tfmask.methods.lesson_options import with_lessons


def paper(location: str) -> TrainConfig:
    """Attention-guided translation as for horse2zebra.

    Paper: Mejjati et al. 2018, section 3 and supplement: 256 px, batch 1,
    100 epochs, stages switch at epoch 30, threshold 0.1; learning rate 1e-4
    from the official configs, constant for 50 epochs, then linear to 0.
    KID x100 there: 8.87 (Z->H), 6.93 (H->Z). Not trained by us: it needs
    about a day on one GPU.
    """
    return TrainConfig(
        method=AttentionGuidedConfig(),
        data=DataConfig(antialias=False, location=location),
        optimizer=OptimizerConfig(
            learning_rate=1e-4, constant_epochs=50, decay_epochs=50
        ),
        run=RunConfig(epochs=100, sample_every=1000, checkpoint_every=1000),
    )


def quick(location: str) -> TrainConfig:
    """Attention-guided translation at 64 px in ten minutes on two cores.

    Numbers: docs/results.md. Differs from the paper: smaller networks,
    discriminators that see 34 pixels, cycle weight 3 (10 empties the masks
    of small networks), learning rate 5e-4, batch 2, resize and convolution
    instead of transposed convolutions, an epoch of 100 steps.
    """
    return TrainConfig(
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


def photos(location: str) -> TrainConfig:
    """Attention-guided translation of a few photographs, with taught masks.

    For 50 to 1,000 images a domain, at 64 px in about 13 minutes on two cores.
    As `quick`, but attention is a U-Net. Once the game has found masks, they
    teach themselves at the edges of the images. Given masks teach one U-Net
    for both domains from the start, and there is no game for masks. Then the
    masks stay, and the rest trains on what they show.
    """
    return with_lessons(
        quick(location),
        6,
        attention_network="unet",
        attention_filters=16,
        shared_attention="given",
        freeze_attention_epoch=None,
        masked_discriminator_epoch=None,
    )
