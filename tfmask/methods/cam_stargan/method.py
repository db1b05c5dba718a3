"""StarGAN with CAM-consistency."""

from tfmask.methods.cam_consistency import CamConsistency
from tfmask.methods.cam_stargan import METHOD
from tfmask.methods.stargan.method import StarGAN


class CamStarGAN(CamConsistency, StarGAN):
    """`StarGAN` with CAM-consistency."""

    spec = METHOD
