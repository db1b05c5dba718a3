"""Options of StarGAN."""

from dataclasses import dataclass
from typing import Literal

from tfmask.configs.checks import (
    require_not_negative,
    require_positive,
)
from tfmask.methods.attribute_options import AttributeOptions
from tfmask.methods.critic_options import CriticOptions


@dataclass(frozen=True, kw_only=True)
class StarGANConfig(AttributeOptions, CriticOptions):
    """StarGAN (Choi et al. 2018). The defaults are the paper's at 128 px."""

    filters: int = 64
    """Channels of the generator's first layer."""
    blocks: int = 6
    """Residual blocks of the generator."""
    strided_layers: Literal[1, 2] = 2
    """Number of halvings before the residual blocks. Fewer keep a finer
    background and need more time."""
    normalization: str = "instance"
    """Normalisation of the generator: `instance`, `none`, or `addons:LAYER` of
    tensorflow-addons."""
    generator_padding: Literal["zero", "reflect"] = "zero"
    """Padding of the generator. With `reflect`, instance normalisation removes
    the labels."""
    classification_weight: float = 1.0
    """Weight of both classification terms."""
    cycle_weight: float = 10.0
    """Weight of the reconstruction of the input from its translation."""

    def __post_init__(self):
        AttributeOptions.__post_init__(self)
        CriticOptions.__post_init__(self)
        require_positive(self, "filters")
        require_not_negative(
            self,
            "blocks",
            "classification_weight",
            "cycle_weight",
        )
