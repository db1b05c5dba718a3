"""AttGAN with CAM-consistency: what it is, takes and gives."""

from tfmask.methods.attribute_options import follow_attributes
from tfmask.methods.cam_attgan.config import CamAttGANConfig
from tfmask.methods.cam_attgan.presets import paper, quick
from tfmask.methods.cam_options import MASK_SENTENCE, MILESTONES, ablations
from tfmask.methods.ports import ATTRIBUTES, IMAGE, MASK, SOURCE_ATTRIBUTES
from tfmask.methods.spec import MethodSpec

METHOD = MethodSpec(
    name="cam_attgan",
    title="AttGAN with CAM-consistency",
    paper="Kim et al. 2021",
    page="cam_consistency",
    config=CamAttGANConfig,
    presets={"paper": paper, "quick": quick},
    model="tfmask.methods.cam_attgan.method:CamAttGAN",
    data="attributes",
    inputs=(IMAGE, ATTRIBUTES, SOURCE_ATTRIBUTES),
    outputs=(IMAGE, MASK),
    mask_kind="grad_cam",
    mask=MASK_SENTENCE,
    follow=follow_attributes,
    milestones=MILESTONES,
    ablations=ablations("cam_attgan"),
)
