"""Options of StarGAN."""

from dataclasses import dataclass
from typing import Literal

from tfmask.configs.checks import (
    require_not_negative,
    require_positive,
)
from tfmask.methods.attribute_options import AttributeOptions


@dataclass(frozen=True, kw_only=True)
class StarGANConfig(AttributeOptions):
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
    discriminator_filters: int = 64
    """Channels of the discriminator's first layer."""
    discriminator_layers: int = 6
    """Strided layers of the discriminator. 6 give a map of 2x2 scores at 128
    px, 5 at 64 px."""
    classification_weight: float = 1.0
    """Weight of both classification terms."""
    cycle_weight: float = 10.0
    """Weight of the reconstruction of the input from its translation."""
    penalty_weight: float = 10.0
    """Weight of the gradient penalty."""
    critic_steps: int = 5
    """Updates of the discriminator for one of the generator."""

    def __post_init__(self):
        super().__post_init__()
        require_positive(
            self,
            "filters",
            "discriminator_filters",
            "discriminator_layers",
            "critic_steps",
        )
        require_not_negative(
            self,
            "blocks",
            "classification_weight",
            "cycle_weight",
            "penalty_weight",
        )
