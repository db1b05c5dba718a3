"""CUT: what it is, takes and gives."""

from tfmask.methods.cut.config import CUTConfig
from tfmask.methods.cut.presets import paper, quick
from tfmask.methods.spec import MethodSpec

METHOD = MethodSpec(
    name="cut",
    title="CUT",
    paper="Park et al. 2020",
    config=CUTConfig,
    presets=(paper, quick),
    model="tfmask.methods.cut.method:CUT",
    data="unpaired",
)
