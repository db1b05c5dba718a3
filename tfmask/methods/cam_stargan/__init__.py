"""StarGAN with CAM-consistency: what it is, takes and gives."""

from tfmask.methods.cam_options import cam_spec
from tfmask.methods.cam_stargan.config import CamStarGANConfig
from tfmask.methods.cam_stargan.presets import paper, quick

METHOD = cam_spec(
    name="cam_stargan",
    title="StarGAN with CAM-consistency",
    config=CamStarGANConfig,
    presets=(paper, quick),
    model="tfmask.methods.cam_stargan.method:CamStarGAN",
)
