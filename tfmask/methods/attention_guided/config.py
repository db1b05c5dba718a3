"""Options of attention-guided translation."""

from dataclasses import dataclass
from typing import Literal

from tfmask.configs.checks import (
    require,
    require_fraction,
    require_not_negative,
    require_positive,
)
from tfmask.methods.lesson_options import LessonOptions
from tfmask.methods.view_options import ViewOptions


@dataclass(frozen=True, kw_only=True)
class AttentionGuidedConfig(LessonOptions, ViewOptions):
    """Attention-guided translation (Mejjati et al. 2018).

    The defaults are the paper's for horse2zebra; where the official code
    differs, its variant is an option.
    """

    filters: int = 32
    """Channels of the generator's first layer."""
    blocks: int = 9
    """Residual blocks of the generator."""
    generator_last_kernel: Literal[3, 7] = 3
    """Last kernel: 3 in the paper, 7 in the official code."""
    generator_padding: Literal["zero", "reflect"] = "zero"
    """Padding of the generator; zero in the official code."""
    upsampling: Literal["transposed", "resize"] = "transposed"
    """`resize` is nearest x2 and a 3x3 convolution: no checkerboard."""
    attention_network: Literal["residual", "unet"] = "residual"
    """The paper's, or a U-Net, whose skip connections keep fine edges."""
    shared_attention: Literal["never", "given", "always"] = "never"
    """When one attention network finds the masks of both domains; `given`:
    where masks are given, so that those of both domains teach it."""
    attention_levels: int = 4
    """Sizes of the image in the U-Net, each half of the one before."""
    attention_filters: int = 32
    """Channels of the attention network's first layer."""
    attention_blocks: int = 1
    """Residual blocks of the attention network."""
    attention_decoder: Literal["paper", "1x1"] = "paper"
    """Decoder kernels 3, 3, 7; or 1, 1, 1, as the official code runs."""
    normalization: str = "instance"
    """`instance`, `none`, or `addons:LAYER` of tensorflow-addons."""
    discriminator_filters: int = 64
    """Channels of the discriminator's first layer."""
    discriminator_layers: int = 3
    """Strided layers: 1, 2, 3, 5 see 16, 34, 70, 286 pixels."""
    discriminator_padding: Literal[1, 2] = 1
    """Zero padding a layer: 1 in the paper (CycleGAN's), 2 in the code."""
    discriminator_spectral_normalization: bool = False
    """Spectral normalisation of the discriminator's kernels."""
    adversarial_weight: float = 1.0
    """Weight of the least-squares adversarial terms."""
    cycle_weight: float = 10.0
    """Weight of both cycle terms; 0 is the ablation Ours-cycle."""
    indecision_weight: float = 0.0
    """Weight of mean m (1 - m) of the masks, which asks for 0 or 1."""
    variation_weight: float = 0.0
    """Weight of the masks' total variation, a pixel's mean."""
    mask_terms_epoch: float = 4.0
    """No weight of both until then, half an epoch later the whole one: too
    early they keep masks from moving."""
    cycle_attention: Literal["own", "reuse"] = "own"
    """`reuse` takes the first map again on the way back: Ours-cycleAtt."""
    use_attention_a: bool = True
    """False removes the attention network of domain a."""
    use_attention_b: bool = True
    """False removes the attention network of domain b."""
    freeze_attention_epoch: float | None = 30
    """First epoch (from 0) that leaves the attention alone; None: never."""
    masked_discriminator_epoch: float | None = 30
    """First epoch whose discriminators see the foreground only."""
    discriminator_norm_off_when_masked: bool = True
    """Bypass the discriminators' normalisation while they are masked."""
    threshold: float = 0.1
    """Attention above it is foreground for the discriminators."""
    threshold_inclusive: bool = False
    """True takes `>=`, as the official code does; the paper takes `>`."""
    masked_fake: Literal["generated", "composite"] = "generated"
    """What masked discriminators see: F(s) (paper) or the blend (code)."""
    pool_size: int = 50
    """Translations remembered for the discriminators; 0 turns it off."""
    initializer_stddev: float = 0.02
    """Standard deviation of the initial kernels."""

    def __post_init__(self):
        super().__post_init__()
        require_positive(
            self,
            "filters",
            "attention_filters",
            "discriminator_filters",
            "discriminator_layers",
            "initializer_stddev",
        )
        require_not_negative(
            self,
            "blocks",
            "attention_blocks",
            "adversarial_weight",
            "cycle_weight",
            "indecision_weight",
            "variation_weight",
            "mask_terms_epoch",
            "freeze_attention_epoch",
            "masked_discriminator_epoch",
            "pool_size",
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
        require(
            self.adversarial_weight > 0 or self.cycle_weight > 0,
            "cycle_weight",
            "above 0 where adversarial_weight is 0: nothing would train",
            self.cycle_weight,
        )

    @property
    def one_attention(self):
        """Whether both domains have one attention network."""
        if self.shared_attention == "given":
            return bool(self.given_masks)
        return self.shared_attention == "always"
