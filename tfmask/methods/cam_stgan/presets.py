"""Presets of STGAN with CAM-consistency."""

from tfmask.configs import TrainConfig
from tfmask.methods.cam_options import with_cam
from tfmask.methods.cam_stgan.config import CamSTGANConfig
from tfmask.methods.stgan import presets as stgan


def paper(location: str) -> TrainConfig:
    """STGAN with CAM-consistency; its numbers are ours, not the paper's."""
    return with_cam(CamSTGANConfig, stgan.paper(location))


def quick(location: str) -> TrainConfig:
    """STGAN's with CAM-consistency."""
    return with_cam(CamSTGANConfig, stgan.quick(location))
