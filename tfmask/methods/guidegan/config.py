"""Options of GuideGAN on unpaired images."""

from dataclasses import dataclass
from typing import Literal

from tfmask.configs.checks import require
from tfmask.methods.cycle_options import CycleOptions
from tfmask.methods.guidance_options import GuidanceOptions


@dataclass(frozen=True, kw_only=True)
class GuideGANConfig(GuidanceOptions, CycleOptions):
    """GuideGAN on unpaired images (ICLR 2020 submission).

    The defaults are the paper's for apple2orange at 256 px; horse2zebra has
    attention `ram` and transfer `rgba`.
    """

    cycle_attention: Literal["fresh", "same", "memory", "ones"] = "fresh"
    """M of the way back: of the translation; the map of the way there; the map
    of the cycle's own last visit; or none."""
    pool_size: int = 0
    """Translations remembered for the discriminators; 0 turns it off."""

    def __post_init__(self):
        GuidanceOptions.__post_init__(self)
        CycleOptions.__post_init__(self)
        require(
            self.attention_mode == "memory" or self.cycle_attention != "memory",
            "cycle_attention",
            "fresh, same or ones where attention_mode is inner",
            self.cycle_attention,
        )
