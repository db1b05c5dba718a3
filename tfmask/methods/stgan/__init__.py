"""STGAN: what it is, takes and gives."""

from tfmask.methods.attribute_options import attribute_spec
from tfmask.methods.stgan.config import STGANConfig
from tfmask.methods.stgan.presets import paper, quick

METHOD = attribute_spec(
    name="stgan",
    title="STGAN",
    paper="Liu et al. 2019",
    config=STGANConfig,
    presets=(paper, quick),
    model="tfmask.methods.stgan.method:STGAN",
)
