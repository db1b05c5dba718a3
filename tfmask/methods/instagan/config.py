"""Options of InstaGAN."""

from dataclasses import dataclass
from typing import Literal

from tfmask.configs.checks import require_not_negative, require_positive
from tfmask.methods.cycle_options import CycleOptions


@dataclass(frozen=True, kw_only=True)
class InstaGANConfig(CycleOptions):
    """InstaGAN (Mo, Cho, Shin 2019). The defaults are the paper's."""

    architecture: Literal["set", "concatenated"] = "set"
    """`set`: the paper's, for any number of masks. `concatenated`: its baseline
    CycleGAN+Seg, which has CycleGAN's networks on four channels: the image and
    the union of its masks. All instances are translated in one step."""
    strided_layers: Literal[1, 2] = 2
    """Halvings of the size before the residual blocks; fewer keep a finer
    background and cost more."""
    discriminator_spectral_normalization: bool = True
    """Spectral normalisation of the discriminator's kernels."""
    identity_weight: float = 10.0
    """Weight of both identity terms, over image and masks together."""
    context_weight: float = 10.0
    """Weight of both context terms; 0 is the paper's ablation."""
    context_form: Literal["soft", "binary"] = "soft"
    """Weight of a background pixel: `soft` as the code, gradients reach the
    masks; `binary` as the paper's text, masks cut at a half, no gradient."""
    instances_max: int = 4
    """Largest number of instances of an image in training; the largest ones are
    used."""
    instances_per_step: int = 2
    """Instances in a sub-step (sequential mini-batch). With `instances_max` or
    more all are translated in one step, as in the ablation One."""
    instance_order: Literal["decreasing", "random"] = "decreasing"
    """Order of the sub-steps' instances: by area, or mixed."""
    translate_per_step: int | None = None
    """Instances in a sub-step of the translation; None: as in training; 0: all
    in one step."""
    keep_background: bool = False
    """Put the input back outside of the input masks and the translated
    masks."""

    def __post_init__(self):
        super().__post_init__()
        require_positive(self, "instances_max", "instances_per_step")
        require_not_negative(
            self, "identity_weight", "context_weight", "translate_per_step"
        )
