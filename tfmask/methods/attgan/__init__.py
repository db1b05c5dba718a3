"""AttGAN: what it is, takes and gives."""

from tfmask.methods.attgan.config import AttGANConfig
from tfmask.methods.attgan.presets import paper, quick
from tfmask.methods.attribute_options import attribute_spec

METHOD = attribute_spec(
    name="attgan",
    title="AttGAN",
    paper="He et al. 2019",
    config=AttGANConfig,
    presets=(paper, quick),
    model="tfmask.methods.attgan.method:AttGAN",
)
