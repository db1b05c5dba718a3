"""AttGAN with CAM-consistency: what it is, takes and gives."""

from tfmask.methods.cam_attgan.config import CamAttGANConfig
from tfmask.methods.cam_attgan.presets import paper, quick
from tfmask.methods.cam_options import cam_spec

METHOD = cam_spec(
    name="cam_attgan",
    title="AttGAN with CAM-consistency",
    config=CamAttGANConfig,
    presets=(paper, quick),
    model="tfmask.methods.cam_attgan.method:CamAttGAN",
)
