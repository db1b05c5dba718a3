"""Options of DRIT."""

from dataclasses import dataclass
from typing import Literal

from tfmask.configs.checks import (
    require,
    require_not_negative,
    require_positive,
)
from tfmask.methods.multi_scale_options import MultiScaleOptions


@dataclass(frozen=True, kw_only=True)
class DRITConfig(MultiScaleOptions):
    """DRIT++ (Lee et al. 2020). The defaults are the authors' at 216 px."""

    filters: int = 64
    """Channels of the first layers of the encoders. A content has four times as
    many."""
    blocks: int = 3
    """Residual blocks of a content encoder, beside the shared block. If concat
    is True, a decoder has as many."""
    concat: bool = True
    """True: the attribute code is random around its mean, and is concatenated
    to the features at every pixel. False: the code is fixed, and separate
    layers compute scales and offsets from it. This is for shapes that
    change."""
    style_size: int = 8
    """Length of an attribute code."""
    style_hidden: int = 256
    """Width of the layers that compute scales and offsets from a code. Only if
    concat is False."""
    upsampling: Literal["transposed", "resize"] = "transposed"
    """How a decoder doubles the size. `resize` is nearest neighbour, then a 3x3
    convolution. It makes no checkerboard pattern."""
    noise: float = 1.0
    """Standard deviation of the noise that training adds to contents."""
    random_discriminators: bool = True
    """Use separate discriminators for translations with random attributes.
    False: the discriminators for encoded attributes judge both."""
    content_steps: int = 3
    """Steps between two updates of all networks except the content
    discriminator, which learns in every step."""
    adversarial_weight: float = 1.0
    """Weight of the adversarial terms of images, with encoded and with random
    attributes."""
    content_adversarial_weight: float = 1.0
    """Weight of the adversarial term of contents: a content must not show its
    domain."""
    cross_cycle_weight: float = 10.0
    """Weight of the cycle, in which two images exchange their attributes
    twice."""
    reconstruction_weight: float = 10.0
    """Weight of the reconstruction of an image from its own content and
    attributes."""
    attribute_prior_weight: float = 0.01
    """Weight of the attributes' divergence from N(0, 1). If concat is False:
    weight of their mean square."""
    content_prior_weight: float = 0.01
    """Weight of the contents' mean square."""
    latent_weight: float = 10.0
    """Weight of the reconstruction of random attributes from a translation."""
    mode_seeking_weight: float = 1.0
    """Weight of the mode-seeking term, which makes two random translations
    differ. DRIT++ has it. DRIT has 0."""

    def __post_init__(self):
        super().__post_init__()
        require_positive(
            self,
            "filters",
            "style_size",
            "style_hidden",
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
