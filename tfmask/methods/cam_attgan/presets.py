"""Presets of AttGAN with CAM-consistency."""

from tfmask.configs import TrainConfig
from tfmask.methods.attgan import presets as attgan
from tfmask.methods.cam_attgan.config import CamAttGANConfig
from tfmask.methods.cam_options import with_cam


def paper(location: str) -> TrainConfig:
    """AttGAN's paper preset with CAM-consistency.

    The numbers of CAM-consistency are our choice: we do not know the paper's.
    """
    return with_cam(CamAttGANConfig, attgan.paper(location))


def quick(location: str) -> TrainConfig:
    """AttGAN's quick preset with CAM-consistency."""
    return with_cam(CamAttGANConfig, attgan.quick(location))
