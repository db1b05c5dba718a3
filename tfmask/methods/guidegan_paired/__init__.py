"""GuideGAN on pairs: what it is, takes and gives."""

from tfmask.methods.guidance_options import guidance_spec
from tfmask.methods.guidegan_paired.config import PairedGuideGANConfig
from tfmask.methods.guidegan_paired.presets import paper, quick

METHOD = guidance_spec(
    name="guidegan_paired",
    title="GuideGAN on pairs",
    config=PairedGuideGANConfig,
    presets=(paper, quick),
    model="tfmask.methods.guidegan_paired.method:PairedGuideGAN",
    data="paired",
)
