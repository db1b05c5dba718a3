"""StarGAN: what it is, takes and gives."""

from tfmask.methods.attribute_options import follow_attributes
from tfmask.methods.change_mask import MASK_SENTENCE
from tfmask.methods.ports import ATTRIBUTES, IMAGE, MASK, SOURCE_ATTRIBUTES
from tfmask.methods.spec import MethodSpec
from tfmask.methods.stargan.config import StarGANConfig
from tfmask.methods.stargan.presets import paper, quick

METHOD = MethodSpec(
    name="stargan",
    title="StarGAN",
    paper="Choi et al. 2018",
    page="stargan",
    config=StarGANConfig,
    presets={"paper": paper, "quick": quick},
    model="tfmask.methods.stargan.method:StarGAN",
    data="attributes",
    inputs=(IMAGE, ATTRIBUTES, SOURCE_ATTRIBUTES),
    outputs=(IMAGE, MASK),
    mask_kind="change",
    mask=MASK_SENTENCE,
    follow=follow_attributes,
)
