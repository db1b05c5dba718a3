"""Options of CUT, and of FastCUT, which is a part of it."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from tfmask.configs.checks import (
    require,
    require_not_negative,
    require_positive,
)


@dataclass(frozen=True, kw_only=True)
class CUTConfig:
    """CUT (Park et al. 2020). The defaults are the paper's at 256 px."""

    direction: Literal["a_to_b", "b_to_a"] = "a_to_b"
    """Direction of the translation; the other one needs another run."""
    filters: int = 64
    """Channels of the generator's first layer."""
    blocks: int = 9
    """Residual blocks."""
    antialias: bool = True
    """Blur before every halving, in both networks."""
    upsampling: Literal["blur", "transposed", "resize"] = "blur"
    """`blur` is bilinear x2 and a 3x3 convolution; `resize` nearest x2."""
    normalization: str = "instance"
    """`instance`, `none`, or `addons:LAYER` of tensorflow-addons."""
    discriminator_filters: int = 64
    """Channels of the discriminator's first layer."""
    discriminator_layers: int = 3
    """Strided layers."""
    adversarial_weight: float = 1.0
    """Weight of the least-squares adversarial term."""
    nce_weight: float = 1.0
    """Weight of the contrastive loss of patches; FastCUT has 10."""
    nce_identity: bool = True
    """Also translate images of the target and contrast their patches, each
    with half of the weight; FastCUT does not."""
    nce_layers: tuple[int, ...] = (0, 4, 8, 12, 16)
    """The generator's layers whose patches are contrasted, counted as in the
    authors' code: 0 the padded image, 4 and 8 the convolutions before each
    halving, from 12 on the residual blocks (with `antialias`)."""
    patches: int = 256
    """Patches of each layer and image."""
    temperature: float = 0.07
    """Temperature: similarities are divided by it."""
    projection_units: int = 256
    """Width of the two layers that patches go through."""
    flip_equivariance: bool = False
    """Mirror the input in half of the steps, and contrast with the patches of
    the input that is not mirrored; FastCUT does this."""
    initializer_gain: float = 0.02
    """Gain of the initial kernels, Glorot's normal ones."""

    def __post_init__(self):
        require_positive(
            self,
            "filters",
            "discriminator_filters",
            "discriminator_layers",
            "nce_weight",
            "patches",
            "temperature",
            "projection_units",
            "initializer_gain",
        )
        require_not_negative(self, "blocks", "adversarial_weight")
        # JSON knows lists only.
        layers = tuple(self.nce_layers)
        object.__setattr__(self, "nce_layers", layers)
        last = 9 + 2 * self.antialias + self.blocks
        require(
            bool(layers)
            and all(before < after for before, after in pairwise(layers))
            and layers[0] >= 0
            and layers[-1] <= last,
            "nce_layers",
            f"growing numbers from 0 to {last}, the last layer before the "
            "image grows again",
            layers,
        )
