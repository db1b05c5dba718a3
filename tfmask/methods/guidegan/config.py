"""Options of GuideGAN on unpaired images."""

from dataclasses import dataclass
from typing import Literal

from tfmask.configs.checks import require
from tfmask.methods.cycle_options import CycleOptions
from tfmask.methods.guidance_options import GuidanceOptions


@dataclass(frozen=True, kw_only=True)
class GuideGANConfig(GuidanceOptions, CycleOptions):
    """GuideGAN on unpaired images (ICLR 2020 submission).

    The defaults are the paper's for apple2orange at 256 px. For horse2zebra the
    paper has attention `ram` and transfer `rgba`.
    """

    cycle_attention: Literal["fresh", "same", "memory", "ones"] = "fresh"
    """Attention M on the way back of the cycle. `fresh`: of the translation.
    `same`: the map of the way there. `memory`: the map of the last way back
    with this image. `ones`: M is 1 everywhere."""
    pool_size: int = 0
    """Number of earlier translations that the discriminators also see; 0:
    none."""

    def __post_init__(self):
        GuidanceOptions.__post_init__(self)
        CycleOptions.__post_init__(self)
        require(
            self.attention_mode == "memory" or self.cycle_attention != "memory",
            "cycle_attention",
            "fresh, same or ones if attention_mode is inner",
            self.cycle_attention,
        )
