"""Options of MUNIT."""

from dataclasses import dataclass

from tfmask.configs.checks import (
    require,
    require_not_negative,
    require_positive,
)
from tfmask.methods.multi_scale_options import MultiScaleOptions
from tfmask.methods.view_options import ViewOptions


@dataclass(frozen=True, kw_only=True)
class MUNITConfig(ViewOptions, MultiScaleOptions):
    """MUNIT (Huang et al. 2018). The defaults are the paper's at 256 px."""

    filters: int = 64
    """Channels of the first layers of encoders and decoder."""
    blocks: int = 4
    """Residual blocks of the content encoder, and of the decoder."""
    style_size: int = 8
    """Length of a style code."""
    style_hidden: int = 256
    """Width of the layers that compute scales and offsets from a style code."""
    adversarial_weight: float = 1.0
    """Weight of the least-squares adversarial terms."""
    reconstruction_weight: float = 10.0
    """Weight of the reconstruction of an image from its own content and
    style."""
    style_weight: float = 1.0
    """Weight of the difference between the random style of a translation and
    the style that is encoded from it."""
    content_weight: float = 1.0
    """Weight of the difference between the contents of a translation and its
    input."""
    cycle_weight: float = 0.0
    """Weight of the cycle, whose way back has the input's own style. Take 10
    for photographs, and if translations should follow exemplars."""
    perceptual_weight: float = 0.0
    """Weight of the domain-invariant perceptual loss. The paper has 1 for large
    images."""
    perceptual_features: str = ""
    """Network whose features the perceptual loss compares: a .keras or .h5
    file, or the folder of a SavedModel. It takes (B, H, W, 3) RGB in [0, 255]
    and returns (B, h, w, C)."""

    def __post_init__(self):
        ViewOptions.__post_init__(self)
        MultiScaleOptions.__post_init__(self)
        require_positive(
            self,
            "filters",
            "style_size",
            "style_hidden",
        )
        weights = (
            "adversarial_weight",
            "reconstruction_weight",
            "style_weight",
            "content_weight",
            "cycle_weight",
            "perceptual_weight",
        )
        require_not_negative(self, "blocks", *weights)
        require(
            self.adversarial_weight > 0,
            "adversarial_weight",
            "above 0: the discriminators learn from nothing else",
            self.adversarial_weight,
        )
        require(
            bool(self.perceptual_weight) == bool(self.perceptual_features),
            "perceptual_features",
            "given if perceptual_weight is above 0, otherwise not",
            self.perceptual_features,
        )
