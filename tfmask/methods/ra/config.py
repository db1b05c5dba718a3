"""Options of RA."""

from dataclasses import dataclass

from tfmask.configs.checks import require
from tfmask.methods.cyclegan.config import CycleGANConfig


@dataclass(frozen=True, kw_only=True)
class RAConfig(CycleGANConfig):
    """CycleGAN with residual attention (Wang et al. 2017)."""

    attention_levels: int = 3
    """Number of halvings in the attention module's mask branch."""

    def __post_init__(self):
        super().__post_init__()
        require(
            self.attention_levels >= 1,
            "attention_levels",
            "1 or more",
            self.attention_levels,
        )
