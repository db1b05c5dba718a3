"""Options of DiscoGAN."""

from dataclasses import dataclass
from typing import Literal

from tfmask.configs.checks import (
    require,
    require_not_negative,
    require_positive,
)


@dataclass(frozen=True, kw_only=True)
class DiscoGANConfig:
    """DiscoGAN (Kim et al. 2017). The defaults are the official code's."""

    model: Literal["discogan", "recongan", "gan"] = "discogan"
    """`discogan`: both directions. `recongan`: the discriminator judges only A
    to B; the way back only reconstructs. `gan`: only A to B, without
    reconstruction."""
    filters: int = 64
    """Channels of the generator's first layer."""
    levels: int = 4
    """Number of halvings in the generator. 4 halvings of 64 px give a map of
    4 x 4."""
    bottleneck: int = 0
    """Channels of an inner layer that sees all of a 64 px image; 0: no such
    layer. The official code has a variant with 100. Its script does not use
    it."""
    discriminator_filters: int = 64
    """Channels of the discriminator's first layer."""
    discriminator_levels: int = 4
    """Number of halvings in the discriminator: 4 for 64 px, 6 for 256 px. If
    the last map is larger than 4 x 4, the score is the mean of several
    scores."""
    adversarial_weight: float = 0.1
    """Weight of the adversarial terms in the generators' loss."""
    feature_weight: float = 0.9
    """Weight of feature matching. The paper has 0, and adversarial_weight
    1."""
    early_reconstruction_rate: float = 0.01
    """Weight r of the reconstruction before curriculum_epoch. The other terms
    of the generators' loss have the weight 1 - r. For handbags2shoes the
    official code has 0.5."""
    reconstruction_rate: float = 0.5
    """The weight r from curriculum_epoch on."""
    curriculum_epoch: float = 10.0
    """Epoch at which r changes. The default is 10,000 steps, because an epoch
    of the paper preset has 1,000 steps."""
    update_interval: int = 3
    """Length of a cycle of updates, in steps. The first step updates the
    discriminators, the others update the generators."""

    def __post_init__(self):
        require_positive(self, "filters", "discriminator_filters")
        require_not_negative(
            self,
            "bottleneck",
            "adversarial_weight",
            "feature_weight",
            "curriculum_epoch",
        )
        for name in ("levels", "discriminator_levels", "update_interval"):
            value = getattr(self, name)
            require(value >= 2, name, "2 or more", value)
        for name in ("early_reconstruction_rate", "reconstruction_rate"):
            value = getattr(self, name)
            require(0 <= value <= 1, name, "in [0, 1]", value)
        require(
            self.adversarial_weight + self.feature_weight > 0,
            "adversarial_weight",
            "above 0 if feature_weight is 0, or nothing would be translated",
            self.adversarial_weight,
        )
