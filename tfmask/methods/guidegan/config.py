"""Options of GuideGAN on unpaired images."""

from dataclasses import dataclass
from typing import Literal

from tfmask.configs.checks import (
    require,
    require_not_negative,
    require_positive,
)
from tfmask.methods.guidance_options import GuidanceOptions


@dataclass(frozen=True, kw_only=True)
class GuideGANConfig(GuidanceOptions):
    """GuideGAN on unpaired images (ICLR 2020 submission).

    The defaults are the paper's for apple2orange at 256 px; horse2zebra has
    attention `ram` and transfer `rgba`.
    """

    cycle_attention: Literal["fresh", "same", "memory", "ones"] = "fresh"
    """M of the way back: of the translation, the map of the way there, one
    remembered of the cycle's own last visit, or none."""
    filters: int = 64
    """Channels of the generator's first layer."""
    blocks: int = 9
    """Residual blocks: 9 for 256 px, 6 for 128 px."""
    upsampling: Literal["transposed", "resize"] = "transposed"
    """`resize` is nearest x2 and a 3x3 convolution: no checkerboard."""
    discriminator_filters: int = 64
    """Channels of the discriminator's first layer."""
    discriminator_layers: int = 3
    """Strided layers: 1, 2, 3, 5 see 16, 34, 70, 286 pixels."""
    cycle_weight: float = 10.0
    """Weight of both cycle terms."""
    pool_size: int = 0
    """Translations remembered for the discriminators; 0 turns it off."""
    initializer_stddev: float = 0.02
    """Standard deviation of the initial kernels."""

    def __post_init__(self):
        super().__post_init__()
        require_positive(
            self,
            "filters",
            "discriminator_filters",
            "discriminator_layers",
            "initializer_stddev",
        )
        require_not_negative(self, "blocks", "cycle_weight", "pool_size")
        require(
            self.attention_mode == "memory" or self.cycle_attention != "memory",
            "cycle_attention",
            "fresh, same or ones where attention_mode is inner",
            self.cycle_attention,
        )
