"""GuideGAN: what it is, takes and gives."""

from tfmask.methods.guidance_options import guidance_spec
from tfmask.methods.guidegan.config import GuideGANConfig
from tfmask.methods.guidegan.presets import paper, quick

METHOD = guidance_spec(
    name="guidegan",
    title="GuideGAN",
    config=GuideGANConfig,
    presets=(paper, quick),
    model="tfmask.methods.guidegan.method:GuideGAN",
    data="unpaired",
)
