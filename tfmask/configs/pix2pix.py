"""Options of pix2pix, and of cGAN and GAN, which are parts of it."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from tfmask.configs.checks import (
    require,
    require_fraction,
    require_not_negative,
    require_positive,
)


@dataclass(frozen=True, kw_only=True)
class Pix2PixConfig:
    """pix2pix (Isola et al. 2017). The defaults are the paper's at 256 px."""

    inputs: ClassVar[tuple[str, ...]] = ("image",)
    paired: ClassVar[bool] = True

    direction: Literal["a_to_b", "b_to_a"] = "a_to_b"
    """Which way it translates: the other needs a run of its own."""
    filters: int = 64
    """Channels of the U-Net's first level."""
    levels: int = 8
    """Times that the U-Net halves the image: 8 for 256 px, 7 for 128 px."""
    dropout: float = 0.5
    """Share that the U-Net's inner layers drop in training."""
    normalization: str = "batch"
    """`batch`, `instance`, `none`, or `addons:LAYER` of tensorflow-addons."""
    conditional: bool = True
    """The discriminator sees the input beside the output."""
    discriminator_filters: int = 64
    """Channels of the discriminator's first layer."""
    discriminator_layers: int = 3
    """Strided layers: 1, 2, 3, 5 see 16, 34, 70, 286 pixels."""
    adversarial_loss: Literal["vanilla", "lsgan"] = "vanilla"
    """Cross-entropy of logits, or least squares (GuideGAN's comparison)."""
    adversarial_weight: float = 1.0
    """Weight of the adversarial term."""
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
            "adversarial_weight",
            "initializer_stddev",
        )
        require_not_negative(self, "l1_weight")
        require_fraction(self, "dropout")
        require(self.levels >= 2, "levels", "2 or more", self.levels)
