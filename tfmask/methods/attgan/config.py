"""Options of AttGAN."""

from dataclasses import dataclass

from tfmask.configs.checks import (
    require,
    require_fraction,
    require_not_negative,
    require_positive,
)
from tfmask.methods.attribute_options import AttributeOptions
from tfmask.methods.critic_options import CriticOptions


@dataclass(frozen=True, kw_only=True)
class AttGANConfig(AttributeOptions, CriticOptions):
    """AttGAN (He et al. 2019). The defaults are its official code's."""

    filters: int = 64
    """Channels of the encoder's first layer."""
    layers: int = 5
    """Strided layers of the encoder."""
    shortcut_layers: int = 1
    """Number of skip connections from the encoder to the decoder. The deepest
    layers come first."""
    inject_layers: int = 1
    """Number of decoder layers after which the attributes enter once more."""
    batch_norm_momentum: float = 0.999
    """Momentum of the generator's running statistics. Short runs need less."""
    discriminator_layers: int = 5
    """Strided layers of the discriminator."""
    discriminator_units: int = 1024
    """Width of the discriminator's two dense layers."""
    classification_real_weight: float = 1.0
    """Weight of the discriminator's classification term."""
    classification_fake_weight: float = 10.0
    """Weight of the generator's classification term."""
    reconstruction_weight: float = 100.0
    """Weight of the reconstruction with the image's own attributes."""

    def __post_init__(self):
        AttributeOptions.__post_init__(self)
        CriticOptions.__post_init__(self)
        require_positive(self, "filters", "layers", "discriminator_units")
        require_not_negative(
            self,
            "shortcut_layers",
            "inject_layers",
            "classification_real_weight",
            "classification_fake_weight",
            "reconstruction_weight",
        )
        require_fraction(self, "batch_norm_momentum")
        for name in ("shortcut_layers", "inject_layers"):
            value = getattr(self, name)
            wanted = f"below the {self.layers} layers"
            require(value < self.layers, name, wanted, value)
