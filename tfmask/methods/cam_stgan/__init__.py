"""STGAN with CAM-consistency: what it is, takes and gives."""

from tfmask.methods.cam_options import cam_spec
from tfmask.methods.cam_stgan.config import CamSTGANConfig
from tfmask.methods.cam_stgan.presets import paper, quick

METHOD = cam_spec(
    name="cam_stgan",
    title="STGAN with CAM-consistency",
    config=CamSTGANConfig,
    presets=(paper, quick),
    model="tfmask.methods.cam_stgan.method:CamSTGAN",
)
