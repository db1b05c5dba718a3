"""Options of GuideGAN, on unpaired images and on pairs."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from tfmask.configs.checks import (
    require,
    require_not_negative,
    require_positive,
)
from tfmask.configs.paired import PairedOptions


@dataclass(frozen=True, kw_only=True)
class GuidanceOptions:
    """Where the discriminator looks, and how the generator is told."""

    attention: Literal["post_hoc", "ram"] = "post_hoc"
    """Where a discriminator looks: at its last activations, or as a branch
    of its own says, which it learns."""
    minmax_ram: bool = False
    """Stretch the attention of `ram` to [0, 1] in each image."""
    transfer: Literal["multiply", "rgba"] = "multiply"
    """Generators see `(1 + M) x`, or M as a fourth channel."""
    learnable_alpha: bool = False
    """Train scale and offset of the fourth channel of `rgba`."""
    attention_mode: Literal["memory", "inner"] = "memory"
    """M is of the image's last visit, or made in the step, from a
    translation without attention; that costs a pass of both networks."""
    align_attention: bool = True
    """Shift and mirror remembered maps to the present crop and flip."""
    attention_steps: int = 2
    """Rounds of translating and looking before the last translation."""
    memory_images: tuple[int, ...] = ()
    """Training images of a and of b, remembered; follows the data."""
    normalization: str = "instance"
    """`instance`, `none`, or `addons:LAYER` of tensorflow-addons."""
    adversarial_weight: float = 10.0
    """Weight of the least-squares adversarial terms."""

    def __post_init__(self):
        # JSON knows lists only.
        object.__setattr__(self, "memory_images", tuple(self.memory_images))
        require_positive(self, "adversarial_weight")
        require_not_negative(self, "attention_steps")
        require(
            len(self.memory_images) in (0, 2)
            and all(count > 0 for count in self.memory_images),
            "memory_images",
            "empty or two numbers above 0, of a and b",
            self.memory_images,
        )
        require(
            self.transfer == "rgba" or not self.learnable_alpha,
            "learnable_alpha",
            "off where transfer is not rgba: there is no alpha",
            self.learnable_alpha,
        )
        require(
            self.normalization != "batch",
            "normalization",
            "instance, none or addons:LAYER",
            self.normalization,
        )


@dataclass(frozen=True, kw_only=True)
class GuideGANConfig(GuidanceOptions):
    """GuideGAN on unpaired images (ICLR 2020 submission).

    The defaults are the paper's for apple2orange at 256 px; horse2zebra has
    attention `ram` and transfer `rgba`.
    """

    inputs: ClassVar[tuple[str, ...]] = ("image",)

    cycle_attention: Literal["fresh", "same", "memory", "ones"] = "fresh"
    """M of the way back: of the translation, the map of the way there, one
    remembered of the cycle's own last visit, or none."""
    filters: int = 64
    """Channels of the generator's first layer."""
    blocks: int = 9
    """Residual blocks: 9 for 256 px, 6 for 128 px."""
    upsampling: Literal["transposed", "resize"] = "transposed"
    """`resize` is nearest x2 and a 3x3 convolution: no checkerboard."""
    discriminator_filters: int = 64
    """Channels of the discriminator's first layer."""
    discriminator_layers: int = 3
    """Strided layers: 1, 2, 3, 5 see 16, 34, 70, 286 pixels."""
    cycle_weight: float = 10.0
    """Weight of both cycle terms."""
    pool_size: int = 0
    """Translations remembered for the discriminators; 0 turns it off."""
    initializer_stddev: float = 0.02
    """Standard deviation of the initial kernels."""

    def __post_init__(self):
        super().__post_init__()
        require_positive(
            self,
            "filters",
            "discriminator_filters",
            "discriminator_layers",
            "initializer_stddev",
        )
        require_not_negative(self, "blocks", "cycle_weight", "pool_size")
        require(
            self.attention_mode == "memory" or self.cycle_attention != "memory",
            "cycle_attention",
            "fresh, same or ones where attention_mode is inner",
            self.cycle_attention,
        )


@dataclass(frozen=True, kw_only=True)
class PairedGuideGANConfig(GuidanceOptions, PairedOptions):
    """GuideGAN on pairs. The defaults are the paper's for Cityscapes, 128 px.

    Its discriminator sees the output alone, and both weights are 10.
    """

    levels: int = 7
    """Times that the U-Net halves the image: 8 for 256 px, 7 for 128 px."""
    conditional: bool = False
    """The discriminator sees the input beside the output."""
    l1_weight: float = 10.0
    """Weight of the distance to the true partner."""

    def __post_init__(self):
        GuidanceOptions.__post_init__(self)
        PairedOptions.__post_init__(self)
