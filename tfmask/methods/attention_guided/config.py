"""Options of attention-guided translation."""

from dataclasses import dataclass
from typing import Literal

from tfmask.configs.checks import (
    require,
    require_fraction,
    require_not_negative,
    require_positive,
)
from tfmask.methods.cycle_options import CycleOptions
from tfmask.methods.lesson_options import LessonOptions
from tfmask.methods.view_options import ViewOptions


@dataclass(frozen=True, kw_only=True)
class AttentionGuidedConfig(LessonOptions, ViewOptions, CycleOptions):
    """Attention-guided translation (Mejjati et al. 2018).

    The defaults are the paper's for horse2zebra; where the official code
    differs, its variant is an option.
    """

    filters: int = 32
    """Channels of the generator's first layer."""
    generator_last_kernel: Literal[3, 7] = 3
    """Last kernel: 3 in the paper, 7 in the official code."""
    generator_padding: Literal["zero", "reflect"] = "zero"
    """Padding of the generator; zero in the official code."""
    attention_network: Literal["residual", "unet"] = "residual"
    """The paper's network, or a U-Net: its skip connections keep fine edges."""
    shared_attention: Literal["never", "given", "always"] = "never"
    """Use one attention network for both domains; `given`: only if masks are
    given, so that the masks of both domains teach it."""
    attention_levels: int = 4
    """Number of sizes in the U-Net; each is half of the one before."""
    attention_filters: int = 32
    """Channels of the attention network's first layer."""
    attention_blocks: int = 1
    """Residual blocks of the attention network."""
    attention_decoder: Literal["paper", "1x1"] = "paper"
    """Decoder kernels 3, 3, 7; or 1, 1, 1, as the official code runs."""
    discriminator_padding: Literal[1, 2] = 1
    """Zero padding of each layer: 1 in the paper (CycleGAN's), 2 in the
    code."""
    discriminator_spectral_normalization: bool = False
    """Spectral normalisation of the discriminator's kernels."""
    indecision_weight: float = 0.0
    """Weight of mean m (1 - m) of the masks, which asks for 0 or 1."""
    variation_weight: float = 0.0
    """Weight of the masks' total variation (the mean over pixels)."""
    mask_terms_epoch: float = 4.0
    """Epoch at which the weights of these two terms begin to grow; half an
    epoch later they are full. If they begin too early, masks cannot move."""
    cycle_attention: Literal["own", "reuse"] = "own"
    """`reuse` uses the first map again on the way back (Ours-cycleAtt)."""
    use_attention_a: bool = True
    """False removes the attention network of domain a."""
    use_attention_b: bool = True
    """False removes the attention network of domain b."""
    freeze_attention_epoch: float | None = 30
    """First epoch (from 0) without learning of the attention; None: never."""
    masked_discriminator_epoch: float | None = 30
    """First epoch whose discriminators see the foreground only."""
    discriminator_norm_off_when_masked: bool = True
    """Bypass the discriminators' normalisation while they are masked."""
    threshold: float = 0.1
    """Attention above it is foreground for the discriminators."""
    threshold_inclusive: bool = False
    """True takes `>=`, as the official code does; the paper takes `>`."""
    masked_fake: Literal["generated", "composite"] = "generated"
    """Input of masked discriminators: F(s) (paper) or the blend (code)."""

    def __post_init__(self):
        super().__post_init__()
        CycleOptions.__post_init__(self)
        require_positive(self, "attention_filters")
        require_not_negative(
            self,
            "attention_blocks",
            "indecision_weight",
            "variation_weight",
            "mask_terms_epoch",
            "freeze_attention_epoch",
            "masked_discriminator_epoch",
        )
        require_fraction(self, "threshold")
        require(
            self.shared_attention == "never"
            or (self.use_attention_a and self.use_attention_b),
            "shared_attention",
            "never where a domain has no attention network",
            self.shared_attention,
        )
        require(
            self.attention_levels >= 2,
            "attention_levels",
            "2 or more",
            self.attention_levels,
        )

    @property
    def one_attention(self):
        """Whether both domains have one attention network."""
        if self.shared_attention == "given":
            return bool(self.given_masks)
        return self.shared_attention == "always"
