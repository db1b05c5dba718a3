"""Options of STGAN."""

from dataclasses import dataclass
from typing import Literal

from tfmask.configs.checks import require
from tfmask.methods.attgan.config import AttGANConfig


@dataclass(frozen=True, kw_only=True)
class STGANConfig(AttGANConfig):
    """STGAN (Liu et al. 2019). The defaults are its official code's."""

    shortcut_layers: int = 4
    """Number of skip connections from the encoder to the decoder. The deepest
    layers come first."""
    inject_layers: int = 4
    """Number of decoder layers after which the change of the attributes enters
    once more."""
    transfer_kernel: int = 3
    """Side of the kernels of the selective transfer units."""
    transfer_state: Literal["reset", "output", "upsampled"] = "reset"
    """State that a unit gives to the next one: `reset` as in the paper,
    `output` as in an ordinary GRU."""

    def __post_init__(self):
        super().__post_init__()
        odd = self.transfer_kernel > 0 and self.transfer_kernel % 2
        require(odd, "transfer_kernel", "odd", self.transfer_kernel)
