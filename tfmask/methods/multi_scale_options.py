"""Options of methods whose discriminators judge an image at several scales."""

from dataclasses import dataclass

from tfmask.configs.checks import require_positive


@dataclass(frozen=True, kw_only=True)
class MultiScaleOptions:
    """Options of the discriminators of several scales."""

    discriminator_filters: int = 64
    """Channels of the discriminators' first layer."""
    discriminator_layers: int = 4
    """Strided layers of each discriminator at one scale."""
    discriminator_scales: int = 3
    """Number of scales at which an image is judged. Each has half of the size
    of the one before."""

    def __post_init__(self):
        require_positive(
            self,
            "discriminator_filters",
            "discriminator_layers",
            "discriminator_scales",
        )
