"""Options of methods whose discriminator is a critic."""

from dataclasses import dataclass

from tfmask.configs.checks import require_not_negative, require_positive


@dataclass(frozen=True, kw_only=True)
class CriticOptions:
    """Options of the critic: its size, its penalty and its rhythm."""

    discriminator_filters: int = 64
    """Channels of the discriminator's first layer."""
    discriminator_layers: int = 6
    """Strided layers of the discriminator. 6 give a map of 2x2 scores at 128
    px, 5 at 64 px."""
    penalty_weight: float = 10.0
    """Weight of the gradient penalty."""
    critic_steps: int = 5
    """Updates of the discriminator for one of the generator."""

    def __post_init__(self):
        require_positive(
            self,
            "discriminator_filters",
            "discriminator_layers",
            "critic_steps",
        )
        require_not_negative(self, "penalty_weight")
