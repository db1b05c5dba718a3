"""UNIT: what it is, takes and gives."""

from tfmask.methods.spec import MethodSpec, arms
from tfmask.methods.unit.config import UNITConfig
from tfmask.methods.unit.presets import paper, quick

METHOD = MethodSpec(
    name="unit",
    title="UNIT",
    paper="Liu et al. 2017",
    config=UNITConfig,
    presets=(paper, quick),
    model="tfmask.methods.unit.method:UNIT",
    data="unpaired",
    ablations=arms("unit", separate="--method.variant separate"),
)
