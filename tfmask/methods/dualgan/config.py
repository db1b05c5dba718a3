"""Options of DualGAN."""

from dataclasses import dataclass
from typing import Literal

from tfmask.configs.checks import (
    require,
    require_fraction,
    require_not_negative,
    require_positive,
)


@dataclass(frozen=True, kw_only=True)
class DualGANConfig:
    """DualGAN (Yi et al. 2017). The defaults are the official code's."""

    filters: int = 64
    """Channels of the generator's first layer."""
    levels: int = 8
    """Number of halvings in the generator: 8 for 256 px, 6 for 64 px."""
    dropout: float = 0.0
    """Dropout rate in the generators' inner layers in training. It is the
    paper's noise. The official code's default is 0."""
    discriminator_filters: int = 64
    """Channels of the critic's first layer."""
    discriminator_layers: int = 5
    """Number of halvings in the critic."""
    critic: Literal["global", "patch"] = "global"
    """One score for the whole image, or one score for each patch."""
    adversarial_loss: Literal["wgan-gp", "wgan", "classic"] = "wgan-gp"
    """`wgan-gp`: Wasserstein with gradient penalty. `wgan`: Wasserstein with
    clipped weights, as for the paper's pictures. `classic`: cross-entropy, with
    two updates of the generators in a step."""
    clip: float = 0.01
    """Limit of the critics' weights in `wgan`."""
    penalty_weight: float = 10.0
    """Weight of the gradient penalty of `wgan-gp`."""
    recovery_loss: Literal["l1", "l2"] = "l1"
    """Difference between an image and its reconstruction: the mean absolute
    difference, or the mean squared one."""
    recovery_weight: float = 500.0
    """Weight of both recovery terms. The runs in the official README have
    1000."""
    critic_steps: int = 1
    """Updates of Wasserstein critics for one of the generators. The paper has
    2 to 4."""
    initializer_stddev: float = 0.02
    """Standard deviation of the initial kernels, and of the initial scales of
    the normalisation, whose mean is 1."""

    def __post_init__(self):
        require_positive(
            self,
            "filters",
            "discriminator_filters",
            "discriminator_layers",
            "clip",
            "critic_steps",
            "initializer_stddev",
        )
        require_not_negative(self, "penalty_weight", "recovery_weight")
        require_fraction(self, "dropout")
        require(self.levels >= 2, "levels", "2 or more", self.levels)
        require(
            self.adversarial_loss != "classic" or self.critic_steps == 1,
            "critic_steps",
            "1 if adversarial_loss is classic",
            self.critic_steps,
        )
