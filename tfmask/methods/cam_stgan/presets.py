"""Presets of STGAN with CAM-consistency."""

from tfmask.configs import TrainConfig
from tfmask.methods.cam_options import with_cam
from tfmask.methods.cam_stgan.config import CamSTGANConfig
from tfmask.methods.stgan import presets as stgan


def paper(location: str) -> TrainConfig:
    """STGAN's paper preset with CAM-consistency.

    The numbers of CAM-consistency are our choice: we do not know the paper's.
    """
    return with_cam(CamSTGANConfig, stgan.paper(location))


def quick(location: str) -> TrainConfig:
    """STGAN's quick preset with CAM-consistency."""
    return with_cam(CamSTGANConfig, stgan.quick(location))
