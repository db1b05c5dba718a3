"""STGAN with CAM-consistency."""

from tfmask.methods.cam_consistency import CamConsistency
from tfmask.methods.cam_stgan import METHOD
from tfmask.methods.stgan.method import STGAN


class CamSTGAN(CamConsistency, STGAN):
    """`STGAN` with CAM-consistency."""

    spec = METHOD
