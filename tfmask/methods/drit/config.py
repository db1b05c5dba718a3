"""Options of DRIT."""

from dataclasses import dataclass
from typing import Literal

from tfmask.configs.checks import (
    require,
    require_not_negative,
    require_positive,
)


@dataclass(frozen=True, kw_only=True)
class DRITConfig:
    """DRIT++ (Lee et al. 2020). The defaults are the authors' at 216 px."""

    filters: int = 64
    """Channels of the first layers of the encoders; contents have four times
    as many."""
    blocks: int = 3
    """Residual blocks of a content encoder before the shared one; also of a
    decoder that concatenates."""
    concat: bool = True
    """True: attributes come from a distribution and are concatenated to the
    features at every place. False: a fixed code gives scales and offsets in
    separate layers, for shapes that change."""
    style_size: int = 8
    """Length of an attribute code."""
    style_hidden: int = 256
    """Width of the layers after a code, if concat is False."""
    upsampling: Literal["transposed", "resize"] = "transposed"
    """`resize` is nearest x2 and a 3x3 convolution: no checkerboard."""
    noise: float = 1.0
    """Standard deviation of the noise on contents in training."""
    discriminator_filters: int = 64
    """Channels of the discriminators' first layer."""
    discriminator_layers: int = 4
    """Strided layers of a discriminator of one scale."""
    discriminator_scales: int = 3
    """Number of scales at which an image is judged; each is half as large."""
    random_discriminators: bool = True
    """Use separate discriminators for random attributes; False: the
    discriminators for encoded attributes judge both."""
    content_steps: int = 3
    """All networks except the content discriminator learn only once in so many
    steps; the content discriminator learns in every step."""
    adversarial_weight: float = 1.0
    """Weight of the adversarial terms of images, encoded or random."""
    content_adversarial_weight: float = 1.0
    """Weight of contents that do not tell the domain."""
    cross_cycle_weight: float = 10.0
    """Weight of the way there and back, attributes exchanged twice."""
    reconstruction_weight: float = 10.0
    """Weight of decoding an image with its own content and attributes."""
    attribute_prior_weight: float = 0.01
    """Weight of the attributes' divergence from N(0, 1); of their mean square
    where concat is False."""
    content_prior_weight: float = 0.01
    """Weight of the contents' mean square."""
    latent_weight: float = 10.0
    """Weight of the random attributes that are found again."""
    mode_seeking_weight: float = 1.0
    """Weight of two random translations that differ (DRIT++); 0: DRIT."""

    def __post_init__(self):
        require_positive(
            self,
            "filters",
            "style_size",
            "style_hidden",
            "discriminator_filters",
            "discriminator_layers",
            "discriminator_scales",
            "content_steps",
        )
        require_not_negative(
            self,
            "blocks",
            "noise",
            "adversarial_weight",
            "content_adversarial_weight",
            "cross_cycle_weight",
            "reconstruction_weight",
            "attribute_prior_weight",
            "content_prior_weight",
            "latent_weight",
            "mode_seeking_weight",
        )
        require(
            self.adversarial_weight > 0,
            "adversarial_weight",
            "above 0: the discriminators learn from nothing else",
            self.adversarial_weight,
        )
