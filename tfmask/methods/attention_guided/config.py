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

    The defaults are the paper's for horse2zebra. If the official code differs
    from the paper, an option selects the code's variant.
    """

    filters: int = 32
    """Channels of the generator's first layer."""
    generator_last_kernel: Literal[3, 7] = 3
    """Side of the last kernel: 3 in the paper, 7 in the official code."""
    generator_padding: Literal["zero", "reflect"] = "zero"
    """Padding of the generator; zero in the official code."""
    attention_network: Literal["residual", "unet"] = "residual"
    """The paper's network, or a U-Net, whose skip connections keep fine
    edges."""
    shared_attention: Literal["never", "given", "always"] = "never"
    """Use one attention network for both domains. `given`: only if masks are
    given, so that the network learns from the masks of both domains."""
    attention_levels: int = 4
    """Number of levels in the U-Net. Each has half of the size of the level
    before."""
    attention_filters: int = 32
    """Channels of the attention network's first layer."""
    attention_blocks: int = 1
    """Residual blocks of the attention network."""
    attention_decoder: Literal["paper", "1x1"] = "paper"
    """Sides of the decoder's kernels: `paper` 3, 3, 7; `1x1` 1, 1, 1, as in
    the official code."""
    discriminator_padding: Literal[1, 2] = 1
    """Pixels of zero padding in each layer: 1 in the paper (as in CycleGAN), 2
    in the official code."""
    discriminator_spectral_normalization: bool = False
    """Spectral normalisation of the discriminator's kernels."""
    indecision_weight: float = 0.0
    """Weight of the mean of m (1 - m) of the masks m. This term asks for masks
    of 0 and 1."""
    variation_weight: float = 0.0
    """Weight of the masks' total variation (mean over the pixels)."""
    mask_terms_epoch: float = 4.0
    """Epoch at which the weights of these two terms begin to grow. Half an
    epoch later they are full. If they begin too early, masks cannot move."""
    cycle_attention: Literal["own", "reuse"] = "own"
    """Attention on the way back of the cycle. `own`: of the translation.
    `reuse`: of the input, as on the way there (the paper's Ours-cycleAtt)."""
    use_attention_a: bool = True
    """False removes the attention network of domain a."""
    use_attention_b: bool = True
    """False removes the attention network of domain b."""
    freeze_attention_epoch: float | None = 30
    """Epoch (from 0) at which the attention networks stop learning; None:
    never."""
    masked_discriminator_epoch: float | None = 30
    """Epoch (from 0) from which on the discriminators see only the foreground;
    None: never."""
    discriminator_norm_off_when_masked: bool = True
    """Leave out the discriminators' normalisation while they see only the
    foreground."""
    threshold: float = 0.1
    """For the discriminators, pixels with more attention are foreground."""
    threshold_inclusive: bool = False
    """Compare with the threshold by `>=`, as in the official code. False: by
    `>`, as in the paper."""
    masked_fake: Literal["generated", "composite"] = "generated"
    """What the discriminators see of a translation, masked: `generated` is F(s)
    as in the paper, `composite` the blend as in the official code."""

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
            "never if a domain has no attention network",
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
