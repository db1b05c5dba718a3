"""Options of AttGAN with CAM-consistency."""

from dataclasses import dataclass

from tfmask.methods.attgan.config import AttGANConfig
from tfmask.methods.cam_options import CamOptions


@dataclass(frozen=True, kw_only=True)
class CamAttGANConfig(CamOptions, AttGANConfig):
    """AttGAN with CAM-consistency."""

    cam_generator_weight: float = 30.0
    """Weight of the generator's term. AttGAN's reconstruction has 100."""
