"""Options of every method that learns one direction from pairs."""

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
    """Which way, the U-Net, what the discriminator sees."""

    direction: Literal["a_to_b", "b_to_a"] = "a_to_b"
    """Which way it translates: the other needs a run of its own."""
    filters: int = 64
    """Channels of the U-Net's first level."""
    levels: int = 8
    """Times that the U-Net halves the image: 8 for 256 px, 7 for 128 px."""
    dropout: float = 0.5
    """Share that the U-Net's inner layers drop in training."""
    conditional: bool = True
    """The discriminator sees the input beside the output."""
    discriminator_filters: int = 64
    """Channels of the discriminator's first layer."""
    discriminator_layers: int = 3
    """Strided layers: 1, 2, 3, 5 see 16, 34, 70, 286 pixels."""
    l1_weight: float = 100.0
    """Weight of the distance to the true partner; 0 for cGAN and GAN."""
    initializer_stddev: float = 0.02
    """Standard deviation of the initial kernels, and of scales about 1."""

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
