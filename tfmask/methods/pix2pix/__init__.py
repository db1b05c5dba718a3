"""pix2pix: what it is, takes and gives."""

from tfmask.methods.pix2pix.config import Pix2PixConfig
from tfmask.methods.pix2pix.presets import paper, quick
from tfmask.methods.spec import MethodSpec

METHOD = MethodSpec(
    name="pix2pix",
    title="pix2pix",
    paper="Isola et al. 2017",
    config=Pix2PixConfig,
    presets=(paper, quick),
    model="tfmask.methods.pix2pix.method:Pix2Pix",
    data="paired",
)
