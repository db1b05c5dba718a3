"""CycleGAN: what it is, takes and gives."""

from tfmask.methods.cyclegan.config import CycleGANConfig
from tfmask.methods.cyclegan.presets import paper, quick
from tfmask.methods.spec import MethodSpec

METHOD = MethodSpec(
    name="cyclegan",
    title="CycleGAN",
    paper="Zhu et al. 2017",
    config=CycleGANConfig,
    presets=(paper, quick),
    model="tfmask.methods.cyclegan.method:CycleGAN",
    data="unpaired",
)
