"""Options of GuideGAN."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from tfmask.configs.checks import (
    require,
    require_not_negative,
    require_positive,
)


@dataclass(frozen=True, kw_only=True)
class GuideGANConfig:
    """GuideGAN on unpaired images (ICLR 2020 submission).

    The defaults are the paper's for apple2orange at 256 px; horse2zebra has
    attention `ram` and transfer `rgba`.
    """

    inputs: ClassVar[tuple[str, ...]] = ("image",)

    attention: Literal["post_hoc", "ram"] = "post_hoc"
    """Where the discriminators look: at their last activations, or as a
    branch of their own says, which they learn."""
    minmax_ram: bool = False
    """Stretch the attention of `ram` to [0, 1] in each image."""
    transfer: Literal["multiply", "rgba"] = "multiply"
    """Generators see `(1 + M) x`, or M as a fourth channel."""
    learnable_alpha: bool = False
    """Train scale and offset of the fourth channel of `rgba`."""
    attention_mode: Literal["memory", "inner"] = "memory"
    """M is of the image's last visit, or made in the step, from a
    translation without attention; that costs a pass of both networks."""
    cycle_attention: Literal["fresh", "same", "memory", "ones"] = "fresh"
    """M of the way back: of the translation, the map of the way there, one
    remembered of the cycle's own last visit, or none."""
    align_attention: bool = True
    """Shift and mirror remembered maps to the present crop and flip."""
    attention_steps: int = 2
    """Rounds of translating and looking before the last translation."""
    memory_images: tuple[int, ...] = ()
    """Training images of a and of b, remembered; follows the data."""
    filters: int = 64
    """Channels of the generator's first layer."""
    blocks: int = 9
    """Residual blocks: 9 for 256 px, 6 for 128 px."""
    upsampling: Literal["transposed", "resize"] = "transposed"
    """`resize` is nearest x2 and a 3x3 convolution: no checkerboard."""
    normalization: str = "instance"
    """`instance`, `none`, or `addons:LAYER` of tensorflow-addons."""
    discriminator_filters: int = 64
    """Channels of the discriminator's first layer."""
    discriminator_layers: int = 3
    """Strided layers: 1, 2, 3, 5 see 16, 34, 70, 286 pixels."""
    adversarial_weight: float = 10.0
    """Weight of the least-squares adversarial terms."""
    cycle_weight: float = 10.0
    """Weight of both cycle terms."""
    pool_size: int = 0
    """Translations remembered for the discriminators; 0 turns it off."""
    initializer_stddev: float = 0.02
    """Standard deviation of the initial kernels."""

    def __post_init__(self):
        # JSON knows lists only.
        object.__setattr__(self, "memory_images", tuple(self.memory_images))
        require_positive(
            self,
            "filters",
            "discriminator_filters",
            "discriminator_layers",
            "adversarial_weight",
            "initializer_stddev",
        )
        require_not_negative(
            self, "blocks", "cycle_weight", "pool_size", "attention_steps"
        )
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
            self.attention_mode == "memory" or self.cycle_attention != "memory",
            "cycle_attention",
            "fresh, same or ones where attention_mode is inner",
            self.cycle_attention,
        )
