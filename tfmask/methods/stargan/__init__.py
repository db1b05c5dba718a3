"""StarGAN: what it is, takes and gives."""

from tfmask.methods.attribute_options import attribute_spec
from tfmask.methods.stargan.config import StarGANConfig
from tfmask.methods.stargan.presets import paper, quick

METHOD = attribute_spec(
    name="stargan",
    title="StarGAN",
    paper="Choi et al. 2018",
    config=StarGANConfig,
    presets=(paper, quick),
    model="tfmask.methods.stargan.method:StarGAN",
)
