"""Options of CycleGAN."""

from dataclasses import dataclass
from typing import Literal

from tfmask.configs.checks import (
    require,
    require_not_negative,
    require_positive,
)
from tfmask.methods.view_options import ViewOptions


@dataclass(frozen=True, kw_only=True)
class CycleGANConfig(ViewOptions):
    """CycleGAN (Zhu et al. 2017). The defaults are the paper's at 256 px."""

    filters: int = 64
    """Channels of the generator's first layer."""
    blocks: int = 9
    """Residual blocks: 9 for 256 px, 6 for 128 px."""
    upsampling: Literal["transposed", "resize"] = "transposed"
    """`resize` is nearest x2 and a 3x3 convolution: no checkerboard."""
    normalization: str = "instance"
    """`instance`, `none`, or `addons:LAYER` of tensorflow-addons."""
    affine_normalization: bool = False
    """Learned scale and offset, as in the Torch code; PyTorch has none."""
    discriminator_filters: int = 64
    """Channels of the discriminator's first layer."""
    discriminator_layers: int = 3
    """Strided layers: 1, 2, 3, 5 see 16, 34, 70, 286 pixels."""
    discriminator_spectral_normalization: bool = False
    """Spectral normalisation of the discriminator's kernels."""
    adversarial_weight: float = 1.0
    """Weight of the least-squares adversarial terms."""
    cycle_weight: float = 10.0
    """Weight of both cycle terms."""
    identity_weight: float = 5.0
    """Weight of both identity terms: the official 0.5 times 10."""
    pool_size: int = 50
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
        require_not_negative(
            self,
            "blocks",
            "adversarial_weight",
            "cycle_weight",
            "identity_weight",
            "pool_size",
        )
        require(
            self.adversarial_weight > 0 or self.cycle_weight > 0,
            "cycle_weight",
            "above 0 where adversarial_weight is 0: nothing would train",
            self.cycle_weight,
        )
