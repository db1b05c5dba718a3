"""MUNIT: what it is, takes and gives."""

from tfmask.methods.munit.config import MUNITConfig
from tfmask.methods.munit.presets import paper, quick
from tfmask.methods.ports import IMAGE, STYLE_EXEMPLAR, STYLE_SEED
from tfmask.methods.spec import MethodSpec, arms

METHOD = MethodSpec(
    name="munit",
    title="MUNIT",
    paper="Huang et al. 2018",
    config=MUNITConfig,
    presets=(paper, quick),
    model="tfmask.methods.munit.method:MUNIT",
    data="unpaired",
    inputs=(IMAGE, STYLE_SEED, STYLE_EXEMPLAR),
    ablations=arms(
        "munit",
        no_reconstruction="--method.reconstruction-weight 0",
        no_content="--method.content-weight 0",
        no_style="--method.style-weight 0",
    ),
)
