"""Options of CUT and FastCUT."""

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
    """Direction of the translation. The other direction needs another run."""
    filters: int = 64
    """Channels of the generator's first layer."""
    blocks: int = 9
    """Residual blocks."""
    antialias: bool = True
    """Blur before each halving of the size, in both networks."""
    upsampling: Literal["blur", "transposed", "resize"] = "blur"
    """How the generator doubles the size. `blur`: bilinear, then a 3x3
    convolution. `resize`: nearest neighbour, then a 3x3 convolution."""
    normalization: str = "instance"
    """`instance`, `none`, or `addons:LAYER` of tensorflow-addons."""
    discriminator_filters: int = 64
    """Channels of the discriminator's first layer."""
    discriminator_layers: int = 3
    """Strided layers of the discriminator."""
    adversarial_weight: float = 1.0
    """Weight of the least-squares adversarial term."""
    nce_weight: float = 1.0
    """Weight of the contrastive loss of patches. FastCUT has 10."""
    nce_identity: bool = True
    """Also translate images of the target domain and contrast their patches.
    Both contrastive losses then have half of the weight. FastCUT does not do
    this."""
    nce_layers: tuple[int, ...] = (0, 4, 8, 12, 16)
    """Layers of the generator whose patches are contrasted. The numbers are
    those of the authors' code (with `antialias`): 0 is the padded image, 4 and
    8 are the convolutions before each halving, the residual blocks begin at
    12."""
    patches: int = 256
    """Number of patches in each layer of each image."""
    temperature: float = 0.07
    """Temperature. The similarities are divided by it."""
    projection_units: int = 256
    """Width of the two layers after the patches."""
    flip_equivariance: bool = False
    """In half of the steps, mirror the input and contrast with the patches of
    the original input. FastCUT does this."""
    initializer_gain: float = 0.02
    """Gain of the initial kernels, which have Glorot's normal distribution."""

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
