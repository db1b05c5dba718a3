"""Losses as pure functions: one value an example, float32, no weights."""

from tfmask.losses.adversarial import (
    lsgan_discriminator,
    lsgan_generator,
    vanilla_discriminator,
    vanilla_generator,
    vanilla_undecided,
)
from tfmask.losses.attributes import attribute_cross_entropy
from tfmask.losses.cam_consistency import cam_consistency
from tfmask.losses.context import background_weight, context
from tfmask.losses.feature_matching import feature_matching
from tfmask.losses.latent import mean_square, mode_seeking, normal_divergence
from tfmask.losses.mask_regularizers import (
    mask_area,
    mask_indecision,
    mask_similarity,
    mask_variation,
    style_distance,
)
from tfmask.losses.mask_supervision import dice, mask_cross_entropy
from tfmask.losses.patch_nce import patch_nce
from tfmask.losses.perceptual import domain_invariant
from tfmask.losses.reconstruction import l1, l2
from tfmask.losses.wasserstein import (
    gradient_penalty,
    wasserstein_critic,
    wasserstein_generator,
)

__all__ = [
    "attribute_cross_entropy",
    "background_weight",
    "cam_consistency",
    "context",
    "dice",
    "domain_invariant",
    "feature_matching",
    "gradient_penalty",
    "l1",
    "l2",
    "lsgan_discriminator",
    "lsgan_generator",
    "mask_area",
    "mask_cross_entropy",
    "mask_indecision",
    "mask_similarity",
    "mask_variation",
    "mean_square",
    "mode_seeking",
    "normal_divergence",
    "patch_nce",
    "style_distance",
    "vanilla_discriminator",
    "vanilla_generator",
    "vanilla_undecided",
    "wasserstein_critic",
    "wasserstein_generator",
]
