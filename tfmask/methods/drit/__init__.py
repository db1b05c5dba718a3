"""DRIT: what it is, takes and gives."""

from tfmask.methods.drit.config import DRITConfig
from tfmask.methods.drit.presets import paper, quick
from tfmask.methods.ports import IMAGE, STYLE_EXEMPLAR, STYLE_SEED
from tfmask.methods.spec import MethodSpec, arms

METHOD = MethodSpec(
    name="drit",
    title="DRIT++",
    paper="Lee et al. 2020",
    config=DRITConfig,
    presets=(paper, quick),
    model="tfmask.methods.drit.method:DRIT",
    data="unpaired",
    inputs=(IMAGE, STYLE_SEED, STYLE_EXEMPLAR),
    ablations=arms(
        "drit",
        no_ms="--method.mode-seeking-weight 0",
        no_content="--method.content-adversarial-weight 0",
        no_latent="--method.latent-weight 0",
        featurewise="--method.concat False",
    ),
)
