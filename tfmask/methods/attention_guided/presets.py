"""Presets of attention-guided translation."""

from tfmask.configs import DataConfig, OptimizerConfig, RunConfig, TrainConfig
from tfmask.methods.attention_guided.config import AttentionGuidedConfig
from tfmask.methods.lesson_options import with_lessons


def paper(location: str) -> TrainConfig:
    """Attention-guided translation as in the paper for horse2zebra.

    Paper: Mejjati et al. 2018, section 3 and supplement: 256 px, batch 1,
    100 epochs, the stage changes at epoch 30, threshold 0.1. The learning rate
    is from the official configs: 1e-4 for 50 epochs, then linearly to 0.
    The paper's KID x 100: 8.87 (Z->H), 6.93 (H->Z). We have not trained this
    preset, because it needs about a day on one GPU.
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
    discriminators that see 34 pixels, cycle weight 3 (with 10 the masks of
    small networks become empty), learning rate 5e-4, batch 2, resize and
    convolution instead of transposed convolutions, epochs of 100 steps.
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

    For 50 to 1,000 images in each domain, at 64 px, about 13 minutes on two
    cores. As `quick`, but the attention networks are U-Nets. First the
    adversarial training finds masks. Then the networks learn from these masks,
    moved to the edges of the images. If masks are given, one U-Net for both
    domains learns from them from the start, and the adversarial training does
    not change masks. After the lessons the masks stay as they are, and the
    other networks learn to translate what the masks show.
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
