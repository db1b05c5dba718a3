"""AttGAN with CAM-consistency."""

from tfmask.methods.attgan.method import AttGAN
from tfmask.methods.cam_attgan import METHOD
from tfmask.methods.cam_consistency import CamConsistency


class CamAttGAN(CamConsistency, AttGAN):
    """`AttGAN` with CAM-consistency."""

    spec = METHOD
