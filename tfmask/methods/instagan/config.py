"""Options of InstaGAN."""

from dataclasses import dataclass
from typing import Literal

from tfmask.configs.checks import require_not_negative, require_positive
from tfmask.methods.cycle_options import CycleOptions


@dataclass(frozen=True, kw_only=True)
class InstaGANConfig(CycleOptions):
    """InstaGAN (Mo, Cho, Shin 2019). The defaults are the paper's."""

    architecture: Literal["set", "concatenated"] = "set"
    """`set`: the paper's networks, for any number of masks. `concatenated`: the
    paper's baseline CycleGAN+Seg. It has CycleGAN's networks on four channels:
    the image and the union of its masks. It translates all instances in one
    step."""
    strided_layers: Literal[1, 2] = 2
    """Number of halvings before the residual blocks. Fewer keep a finer
    background and need more time."""
    discriminator_spectral_normalization: bool = True
    """Spectral normalisation of the discriminator's kernels."""
    identity_weight: float = 10.0
    """Weight of both identity terms, for image and masks together."""
    context_weight: float = 10.0
    """Weight of both context terms. The paper's ablation has 0."""
    context_form: Literal["soft", "binary"] = "soft"
    """How masks decide what is background in the context terms. `soft`: by
    their values, and gradients reach the masks, as in the official code.
    `binary`: cut at a half, without gradients, as in the paper's text."""
    instances_max: int = 4
    """Most instances of an image in training. The largest instances are
    used."""
    instances_per_step: int = 2
    """Number of instances in a sub-step (sequential mini-batch). If it is
    `instances_max` or more, one step translates all, as in the paper's ablation
    One."""
    instance_order: Literal["decreasing", "random"] = "decreasing"
    """Order of the instances in the sub-steps. `decreasing`: the largest ones
    first."""
    translate_per_step: int | None = None
    """Number of instances in a sub-step of a translation after training. None:
    as in training. 0: all in one step."""
    keep_background: bool = False
    """Keep the input's pixels outside of the input masks and the translated
    masks."""

    def __post_init__(self):
        super().__post_init__()
        require_positive(self, "instances_max", "instances_per_step")
        require_not_negative(
            self, "identity_weight", "context_weight", "translate_per_step"
        )
