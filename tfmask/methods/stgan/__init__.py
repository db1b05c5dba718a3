"""STGAN: what it is, takes and gives."""

from tfmask.methods.attribute_options import follow_attributes
from tfmask.methods.change_mask import MASK_SENTENCE
from tfmask.methods.ports import ATTRIBUTES, IMAGE, MASK, SOURCE_ATTRIBUTES
from tfmask.methods.spec import MethodSpec
from tfmask.methods.stgan.config import STGANConfig
from tfmask.methods.stgan.presets import paper, quick

METHOD = MethodSpec(
    name="stgan",
    title="STGAN",
    paper="Liu et al. 2019",
    page="stgan",
    config=STGANConfig,
    presets={"paper": paper, "quick": quick},
    model="tfmask.methods.stgan.method:STGAN",
    data="attributes",
    inputs=(IMAGE, ATTRIBUTES, SOURCE_ATTRIBUTES),
    outputs=(IMAGE, MASK),
    mask_kind="change",
    mask=MASK_SENTENCE,
    follow=follow_attributes,
)
