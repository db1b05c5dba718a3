"""Options of GuideGAN on pairs."""

from dataclasses import dataclass

from tfmask.methods.guidance_options import GuidanceOptions
from tfmask.methods.paired_options import PairedOptions


@dataclass(frozen=True, kw_only=True)
class PairedGuideGANConfig(GuidanceOptions, PairedOptions):
    """GuideGAN on pairs. The defaults are the paper's for Cityscapes, 128 px.

    Its discriminator sees the output alone, and both weights are 10.
    """

    levels: int = 7
    """Number of halvings in the U-Net: 8 for 256 px, 7 for 128 px."""
    conditional: bool = False
    """Show the discriminator the input beside the output."""
    l1_weight: float = 10.0
    """Weight of the L1 distance to the true partner."""

    def __post_init__(self):
        GuidanceOptions.__post_init__(self)
        PairedOptions.__post_init__(self)
