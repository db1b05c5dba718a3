"""Options that methods of two directions and a cycle share."""

from dataclasses import dataclass
from typing import Literal

from tfmask.configs.checks import (
    require,
    require_not_negative,
    require_positive,
)


@dataclass(frozen=True, kw_only=True)
class CycleOptions:
    """Options of CycleGAN's generators, discriminators, pool and weights."""

    filters: int = 64
    """Channels of the generator's first layer."""
    blocks: int = 9
    """Residual blocks: 9 for 256 px, 6 for 128 px."""
    upsampling: Literal["transposed", "resize"] = "transposed"
    """How the generator doubles the size. `resize` is nearest neighbour, then a
    3x3 convolution. It makes no checkerboard pattern."""
    normalization: str = "instance"
    """`instance`, `none`, or `addons:LAYER` of tensorflow-addons."""
    discriminator_filters: int = 64
    """Channels of the discriminator's first layer."""
    discriminator_layers: int = 3
    """Strided layers of the discriminator. With 1, 2, 3, 5 layers it judges
    patches of 16, 34, 70, 286 pixels."""
    adversarial_weight: float = 1.0
    """Weight of the least-squares adversarial terms."""
    cycle_weight: float = 10.0
    """Weight of both cycle terms; 0 removes them."""
    pool_size: int = 50
    """Number of earlier translations that the discriminators also see; 0:
    none."""
    initializer_stddev: float = 0.02
    """Standard deviation of the initial kernels."""

    def __post_init__(self):
        require_positive(
            self,
            "filters",
            "discriminator_filters",
            "discriminator_layers",
            "initializer_stddev",
        )
        require_not_negative(
            self, "blocks", "adversarial_weight", "cycle_weight", "pool_size"
        )
        require(
            self.adversarial_weight > 0 or self.cycle_weight > 0,
            "cycle_weight",
            "above 0 if adversarial_weight is 0, or nothing would train",
            self.cycle_weight,
        )
