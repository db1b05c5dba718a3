"""Presets of StarGAN with CAM-consistency."""

from tfmask.configs import TrainConfig
from tfmask.methods.cam_options import with_cam
from tfmask.methods.cam_stargan.config import CamStarGANConfig
from tfmask.methods.stargan import presets as stargan


def paper(location: str) -> TrainConfig:
    """StarGAN's paper preset with CAM-consistency.

    The numbers of CAM-consistency are our choice: we do not know the paper's.
    We have not trained this preset, because it needs a GPU.
    """
    return with_cam(CamStarGANConfig, stargan.paper(location))


def quick(location: str) -> TrainConfig:
    """StarGAN's quick preset with CAM-consistency from the first step on.

    In the paper preset CAM-consistency starts later. With such a late start the
    quick StarGAN first inverts the brightness of all backgrounds, and
    CAM-consistency does not correct this any more.
    """
    return with_cam(
        CamStarGANConfig, stargan.quick(location), start=0.0, full=1 / 20
    )
