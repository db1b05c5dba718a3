"""Options of InstaGAN."""

from dataclasses import dataclass
from typing import Literal

from tfmask.configs.checks import (
    require,
    require_not_negative,
    require_positive,
)


@dataclass(frozen=True, kw_only=True)
class InstaGANConfig:
    """InstaGAN (Mo, Cho, Shin 2019). The defaults are the paper's."""

    architecture: Literal["set", "concatenated"] = "set"
    """`set`: the paper's, of any number of masks. `concatenated`: its
    baseline CycleGAN+Seg, CycleGAN's networks on four channels, the image
    and the union of its masks; all instances go in one step."""
    filters: int = 64
    """Channels of the encoders' first layers."""
    blocks: int = 9
    """Residual blocks of each encoder."""
    strided_layers: Literal[1, 2] = 2
    """Halvings of the size before the residual blocks; fewer keep a finer
    background and cost more."""
    upsampling: Literal["transposed", "resize"] = "transposed"
    """`resize` is nearest x2 and a 3x3 convolution: no checkerboard."""
    normalization: str = "instance"
    """`instance`, `none`, or `addons:LAYER` of tensorflow-addons."""
    discriminator_filters: int = 64
    """Channels of the discriminator's first layers."""
    discriminator_layers: int = 3
    """Strided layers: 1, 2, 3, 5 see 16, 34, 70, 286 pixels."""
    discriminator_spectral_normalization: bool = True
    """Spectral normalisation of the discriminator's kernels."""
    adversarial_weight: float = 1.0
    """Weight of the least-squares adversarial terms."""
    cycle_weight: float = 10.0
    """Weight of both cycle terms, over image and masks together."""
    identity_weight: float = 10.0
    """Weight of both identity terms, over image and masks together."""
    context_weight: float = 10.0
    """Weight of both context terms; 0 is the paper's ablation."""
    context_form: Literal["soft", "binary"] = "soft"
    """Weight of a background pixel: `soft` as the code, gradients reach the
    masks; `binary` as the paper's text, masks cut at a half, no gradient."""
    instances_max: int = 4
    """Instances of an image in training: the largest ones."""
    instances_per_step: int = 2
    """Instances of a sub-step (sequential mini-batch); `instances_max` or
    more is the ablation One: all in one step."""
    instance_order: Literal["decreasing", "random"] = "decreasing"
    """Order of the sub-steps' instances: by area, or mixed."""
    translate_per_step: int | None = None
    """Instances of a sub-step of inference; None: as in training; 0: all in
    one step."""
    keep_background: bool = False
    """Put the input back outside of its masks and the translated ones."""
    pool_size: int = 50
    """Translations remembered for the discriminators; 0 turns it off."""
    initializer_stddev: float = 0.02
    """Standard deviation of the initial kernels."""

    def __post_init__(self):
        require_positive(
            self,
            "filters",
            "discriminator_filters",
            "discriminator_layers",
            "instances_max",
            "instances_per_step",
            "initializer_stddev",
        )
        require_not_negative(
            self,
            "blocks",
            "adversarial_weight",
            "cycle_weight",
            "identity_weight",
            "context_weight",
            "translate_per_step",
            "pool_size",
        )
        require(
            self.adversarial_weight > 0 or self.cycle_weight > 0,
            "cycle_weight",
            "above 0 where adversarial_weight is 0: nothing would train",
            self.cycle_weight,
        )
