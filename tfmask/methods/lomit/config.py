"""Options of LOMIT."""

from dataclasses import dataclass
from typing import Literal

from tfmask.configs.checks import (
    require_not_negative,
    require_positive,
)


@dataclass(frozen=True, kw_only=True)
class LOMITConfig:
    """LOMIT with HAdaIN (2019). The defaults are the paper's at 128 px."""

    attributes: tuple[str, ...] = ()
    """Names of the run's attributes; follows the data."""
    filters: int = 64
    """Channels of the first layers of encoders and decoder."""
    blocks: int = 4
    """Residual blocks of the content encoder, and of the decoder."""
    style_size: int = 8
    """Length of a style code."""
    style_hidden: int = 256
    """Width of the layers that compute HAdaIN's parameters."""
    scale_form: Literal["exponential", "linear"] = "exponential"
    """HAdaIN's scale: exp(v / 2) (code, above 0), or v (as MUNIT)."""
    tie_style_heads: bool = False
    """Use one head for both styles; the code does this by accident."""
    mask_layers: int = 6
    """3x3 convolutions of the co-segmentation network."""
    mask_norm: Literal["batch", "instance", "layer"] = "batch"
    """Its normalisation; `batch` keeps moving averages for inference."""
    whole_image: bool = False
    """All masks are 1, in training too: no local translation (as MUNIT)."""
    discriminator_filters: int = 64
    """Channels of the discriminator's first layer."""
    discriminator_layers: int = 6
    """Strided layers: 6 leave 2x2 patches of 128 px, 5 of 64 px."""
    critic_steps: int = 5
    """Updates of the discriminator for one of the generator."""
    penalty_weight: float = 10.0
    """Weight of the gradient penalty."""
    classification_weight: float = 1.0
    """Weight of both classification terms."""
    style_foreground_weight: float = 1.0
    """Weight of the translation's foreground style against its source's."""
    style_background_weight: float = 1.0
    """Weight of the translation's background style against the input's."""
    content_weight: float = 1.0
    """Weight of the translation's content against the input's."""
    cycle_weight: float = 10.0
    """Weight of the way there and back."""
    reconstruction_weight: float = 10.0
    """Weight of decoding an image with its own styles."""
    mask_similarity_weight: float = 0.1
    """Weight of R1: pixels with similar content have similar masks."""
    style_distance_weight: float = 0.01
    """Weight of R2: foreground styles differ; 0 in the released config."""
    style_distance_max: float | None = None
    """Distance at which R2 stops; None: never, as in the paper."""
    mask_area_weight: float = 1e-4
    """Weight of R3: masks are small."""
    mask_area_reduction: Literal["mean", "sum"] = "mean"
    """R3 over pixels: the mean (code), or the sum (paper), which is stronger by
    the number of pixels."""
    mask_variation_weight: float = 0.0
    """Weight of the smoothness of masks, a sum over the batch; only in the
    code, and off there."""

    def __post_init__(self):
        require_positive(
            self,
            "filters",
            "style_size",
            "style_hidden",
            "discriminator_filters",
            "discriminator_layers",
            "critic_steps",
            "style_distance_max",
        )
        require_not_negative(
            self,
            "blocks",
            "mask_layers",
            "penalty_weight",
            "classification_weight",
            "style_foreground_weight",
            "style_background_weight",
            "content_weight",
            "cycle_weight",
            "reconstruction_weight",
            "mask_similarity_weight",
            "style_distance_weight",
            "mask_area_weight",
            "mask_variation_weight",
        )
        # JSON knows lists only.
        object.__setattr__(self, "attributes", tuple(self.attributes))
