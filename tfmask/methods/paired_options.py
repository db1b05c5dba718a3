"""Options of methods that learn one direction from pairs."""

from dataclasses import dataclass
from typing import Literal

from tfmask.configs.checks import (
    require,
    require_fraction,
    require_not_negative,
    require_positive,
)


@dataclass(frozen=True, kw_only=True)
class PairedOptions:
    """Options of the direction, the U-Net and the discriminator."""

    direction: Literal["a_to_b", "b_to_a"] = "a_to_b"
    """Direction of the translation. The other direction needs another run."""
    filters: int = 64
    """Channels of the U-Net's first level."""
    levels: int = 8
    """Number of halvings in the U-Net: 8 for 256 px, 7 for 128 px."""
    dropout: float = 0.5
    """Dropout rate in the U-Net's inner layers in training."""
    conditional: bool = True
    """Show the discriminator the input beside the output."""
    discriminator_filters: int = 64
    """Channels of the discriminator's first layer."""
    discriminator_layers: int = 3
    """Strided layers of the discriminator. With 1, 2, 3, 5 layers it judges
    patches of 16, 34, 70, 286 pixels."""
    l1_weight: float = 100.0
    """Weight of the L1 distance to the true partner. cGAN and GAN have 0."""
    initializer_stddev: float = 0.02
    """Standard deviation of the initial kernels, and of the initial scales of
    the normalisation, whose mean is 1."""

    def __post_init__(self):
        require_positive(
            self,
            "filters",
            "discriminator_filters",
            "discriminator_layers",
            "initializer_stddev",
        )
        require_not_negative(self, "l1_weight")
        require_fraction(self, "dropout")
        require(self.levels >= 2, "levels", "2 or more", self.levels)
