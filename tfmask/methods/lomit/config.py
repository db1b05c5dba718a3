"""Options of LOMIT."""

from dataclasses import dataclass
from typing import Literal

from tfmask.configs.checks import (
    require_not_negative,
    require_positive,
)
from tfmask.methods.critic_options import CriticOptions


@dataclass(frozen=True, kw_only=True)
class LOMITConfig(CriticOptions):
    """LOMIT with HAdaIN (2019). The defaults are the paper's at 128 px."""

    attributes: tuple[str, ...] = ()
    """Names of the attributes. They follow the data."""
    filters: int = 64
    """Channels of the first layers of encoders and decoder."""
    blocks: int = 4
    """Residual blocks of the content encoder, and of the decoder."""
    style_size: int = 8
    """Length of a style code."""
    style_hidden: int = 256
    """Width of the layers that compute HAdaIN's parameters."""
    scale_form: Literal["exponential", "linear"] = "exponential"
    """HAdaIN's scale from the layers' value v: exp(v / 2), which is above 0, as
    in the official code; or v, as in MUNIT."""
    adain_deviation: Literal["spatial", "rows"] = "spatial"
    """HAdaIN divides by the deviation over all pixels. `rows` is the official
    code: it takes the deviation of each row of pixels, and then the deviation
    of these numbers."""
    tie_style_heads: bool = False
    """Use one head for both styles. The official code does this by
    mistake."""
    mask_layers: int = 6
    """Number of 3x3 convolutions in the co-segmentation network."""
    mask_norm: Literal["batch", "instance", "layer"] = "batch"
    """Normalisation of the co-segmentation network. `batch` keeps moving
    averages for inference. The official code takes the statistics of the batch
    there, too. `instance` equals that for one image."""
    whole_image: bool = False
    """Set all masks to 1, also in training. The translation is then not local,
    as in MUNIT."""
    classification_weight: float = 1.0
    """Weight of both classification terms."""
    style_foreground_weight: float = 1.0
    """Weight of the difference between the foreground style of a translation
    and the style that it should have."""
    style_background_weight: float = 1.0
    """Weight of the difference between the background styles of a translation
    and its input."""
    content_weight: float = 1.0
    """Weight of the difference between the contents of a translation and its
    input."""
    cycle_weight: float = 10.0
    """Weight of the cycle."""
    reconstruction_weight: float = 10.0
    """Weight of the reconstruction of an image from its own styles."""
    mask_similarity_weight: float = 0.1
    """Weight of R1: pixels with similar contents should have similar mask
    values."""
    style_distance_weight: float = 0.01
    """Weight of R2: foreground styles should differ. The released config has
    0."""
    style_distance_max: float | None = None
    """Distance at which R2 stops. None: it never stops, as in the paper."""
    mask_area_weight: float = 1e-4
    """Weight of R3: masks should be small."""
    mask_area_reduction: Literal["mean", "sum"] = "mean"
    """R3 is the mean over the pixels, as in the official code, or the sum, as
    in the paper. The sum is as many times stronger as there are pixels."""
    mask_variation_weight: float = 0.0
    """Weight of the masks' total variation, summed over the batch. Only the
    official code has this term. There it is off."""

    def __post_init__(self):
        super().__post_init__()
        require_positive(
            self,
            "filters",
            "style_size",
            "style_hidden",
            "style_distance_max",
        )
        require_not_negative(
            self,
            "blocks",
            "mask_layers",
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
