"""Options of pix2pix, cGAN and GAN."""

from dataclasses import dataclass
from typing import Literal

from tfmask.configs.checks import require_positive
from tfmask.methods.paired_options import PairedOptions


@dataclass(frozen=True, kw_only=True)
class Pix2PixConfig(PairedOptions):
    """pix2pix (Isola et al. 2017). The defaults are the paper's at 256 px."""

    normalization: str = "batch"
    """`batch`, `instance`, `none`, or `addons:LAYER` of tensorflow-addons."""
    adversarial_loss: Literal["vanilla", "lsgan"] = "vanilla"
    """Adversarial loss: `vanilla` is the cross-entropy of logits, `lsgan` least
    squares, as in GuideGAN's comparison."""
    adversarial_weight: float = 1.0
    """Weight of the adversarial term."""

    def __post_init__(self):
        super().__post_init__()
        require_positive(self, "adversarial_weight")
