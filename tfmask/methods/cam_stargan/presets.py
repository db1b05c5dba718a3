"""Presets of StarGAN with CAM-consistency."""

from tfmask.configs import TrainConfig
from tfmask.methods.cam_options import with_cam
from tfmask.methods.cam_stargan.config import CamStarGANConfig
from tfmask.methods.stargan import presets as stargan


def paper(location: str) -> TrainConfig:
    """StarGAN with CAM-consistency; its numbers are ours, not the paper's.

    They are not known to us. Not trained by us: it needs a GPU.
    """
    return with_cam(CamStarGANConfig, stargan.paper(location))


def quick(location: str) -> TrainConfig:
    """StarGAN's with CAM-consistency from the first step on.

    With the paper presets' late start this host has turned the brightness of
    all backgrounds round before, and stays with that.
    """
    return with_cam(
        CamStarGANConfig, stargan.quick(location), start=0.0, full=1 / 20
    )
