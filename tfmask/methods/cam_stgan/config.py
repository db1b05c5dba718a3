"""Options of STGAN with CAM-consistency."""

from dataclasses import dataclass

from tfmask.methods.cam_options import CamOptions
from tfmask.methods.stgan.config import STGANConfig


@dataclass(frozen=True, kw_only=True)
class CamSTGANConfig(CamOptions, STGANConfig):
    """STGAN with CAM-consistency."""

    cam_generator_weight: float = 30.0
    """Weight of the generator's term. STGAN's reconstruction has 100."""
