"""AttGAN: what it is, takes and gives."""

from tfmask.methods.attgan.config import AttGANConfig
from tfmask.methods.attgan.presets import paper, quick
from tfmask.methods.attribute_options import follow_attributes
from tfmask.methods.change_mask import MASK_SENTENCE
from tfmask.methods.ports import ATTRIBUTES, IMAGE, MASK, SOURCE_ATTRIBUTES
from tfmask.methods.spec import MethodSpec

METHOD = MethodSpec(
    name="attgan",
    title="AttGAN",
    paper="He et al. 2019",
    page="attgan",
    config=AttGANConfig,
    presets={"paper": paper, "quick": quick},
    model="tfmask.methods.attgan.method:AttGAN",
    data="attributes",
    inputs=(IMAGE, ATTRIBUTES, SOURCE_ATTRIBUTES),
    outputs=(IMAGE, MASK),
    mask_kind="change",
    mask=MASK_SENTENCE,
    follow=follow_attributes,
)
