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
    """`discogan`: both directions. `recongan`: only A to B is judged, and the
    way back only reconstructs. `gan`: A to B alone, without reconstruction."""
    filters: int = 64
    """Channels of the generator's first layer."""
    levels: int = 4
    """Halvings in the generator: 4 leave 4 x 4 of 64 pixels."""
    bottleneck: int = 0
    """Channels of a layer that sees all of a 64 px image: 100 in the official
    code's variant, which its script does not use; 0: none."""
    discriminator_filters: int = 64
    """Channels of the discriminator's first layer."""
    discriminator_levels: int = 4
    """Halvings in the discriminator: 4 for 64 px, 6 for 256 px. If the last map
    is larger than 4 x 4, the mean of several scores counts."""
    adversarial_weight: float = 0.1
    """Weight of the adversarial terms, beside that of the features."""
    feature_weight: float = 0.9
    """Weight of feature matching; 0 with adversarial_weight 1: the paper."""
    early_reconstruction_rate: float = 0.01
    """Share r of the reconstruction before curriculum_epoch; the rest of the
    generator's loss counts 1 - r. The official code has 0.5 for
    handbags2shoes."""
    reconstruction_rate: float = 0.5
    """The same from curriculum_epoch on."""
    curriculum_epoch: float = 10.0
    """Epoch at which the rate changes: 10,000 steps, with the preset's epochs
    of 1,000."""
    update_interval: int = 3
    """Of so many steps the first updates the discriminators, the others the
    generators."""

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
            "above 0 where feature_weight is 0: nothing would be translated",
            self.adversarial_weight,
        )
