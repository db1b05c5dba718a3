"""RA: what it is, takes and gives."""

from tfmask.methods.cyclegan import METHOD as CYCLEGAN
from tfmask.methods.ra.config import RAConfig
from tfmask.methods.ra.presets import paper, quick
from tfmask.methods.spec import MethodSpec

METHOD = MethodSpec(
    name="ra",
    title="RA",
    paper="Wang et al. 2017",
    config=RAConfig,
    presets=(paper, quick),
    model="tfmask.methods.ra.method:RA",
    data="unpaired",
    mask=CYCLEGAN.mask,
)
