"""Options of StarGAN with CAM-consistency."""

from dataclasses import dataclass

from tfmask.methods.cam_options import CamOptions
from tfmask.methods.stargan.config import StarGANConfig


@dataclass(frozen=True, kw_only=True)
class CamStarGANConfig(CamOptions, StarGANConfig):
    """StarGAN with CAM-consistency."""
