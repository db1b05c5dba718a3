"""Options of UNIT."""

import dataclasses
from dataclasses import dataclass
from typing import Literal

from tfmask.configs.checks import (
    require,
    require_not_negative,
    require_positive,
)

# Values of the options that are None, for each variant.
_CHOICES = {
    "shared": {
        "discriminator_layers": 6,
        "discriminator_scales": 1,
        "adversarial_loss": "vanilla",
        "adversarial_weight": 10.0,
        "reconstruction_weight": 100.0,
        "cycle_weight": 100.0,
        "code_weight": 0.1,
    },
    "separate": {
        "discriminator_layers": 4,
        "discriminator_scales": 3,
        "adversarial_loss": "lsgan",
        "adversarial_weight": 1.0,
        "reconstruction_weight": 10.0,
        "cycle_weight": 10.0,
        "code_weight": 0.01,
    },
}


@dataclass(frozen=True, kw_only=True)
class UNITConfig:
    """UNIT (Liu et al. 2017). The defaults are those of its code of 2017.

    An option that is None follows `variant`. Its help text gives the value for
    `shared`, then the value for `separate`.
    """

    variant: Literal["shared", "separate"] = "shared"
    """`shared`: both domains share the blocks next to the code, as in the
    paper. `separate`: the domains share nothing, as in the authors' later
    code."""
    filters: int = 64
    """Channels of the first layer. The latent code has four times as many."""
    blocks: int = 4
    """Residual blocks of an encoder, and of a decoder."""
    shared_blocks: int = 1
    """For `shared`: number of blocks that both domains share."""
    discriminator_filters: int = 64
    """Channels of the discriminators' first layer."""
    discriminator_layers: int | None = None
    """Strided layers of a discriminator. None: 6, 4."""
    discriminator_scales: int | None = None
    """Number of sizes at which a discriminator judges an image. None: 1, 3."""
    adversarial_loss: Literal["vanilla", "lsgan"] | None = None
    """Adversarial loss: cross-entropy or least squares. None: `vanilla`,
    `lsgan`."""
    adversarial_weight: float | None = None
    """Weight of the adversarial terms, also of the discriminators'. None: 10,
    1."""
    reconstruction_weight: float | None = None
    """Weight of both reconstructions of an image from its own code. None: 100,
    10."""
    cycle_weight: float | None = None
    """Weight of both cycle terms. None: 100, 10."""
    code_weight: float | None = None
    """Weight of the codes' mean squares, which are the divergence from a normal
    distribution. None: 0.1, 0.01."""
    initializer_stddev: float = 0.02
    """Standard deviation of the initial kernels. The encoders and decoders of
    `separate` have He's initial kernels instead."""

    def __post_init__(self):
        require_positive(
            self,
            "filters",
            "discriminator_filters",
            "discriminator_layers",
            "discriminator_scales",
            "initializer_stddev",
        )
        require_not_negative(
            self,
            "shared_blocks",
            "adversarial_weight",
            "reconstruction_weight",
            "cycle_weight",
            "code_weight",
        )
        require(
            self.blocks >= self.shared_blocks,
            "blocks",
            f"at least shared_blocks ({self.shared_blocks})",
            self.blocks,
        )
        require(
            self.adversarial_weight != 0 or self.reconstruction_weight != 0,
            "reconstruction_weight",
            "above 0 if adversarial_weight is 0, or nothing would train",
            self.reconstruction_weight,
        )

    @property
    def chosen(self):
        """These options with a value in place of each None."""
        choices = {
            name: value
            for name, value in _CHOICES[self.variant].items()
            if getattr(self, name) is None
        }
        return dataclasses.replace(self, **choices)
