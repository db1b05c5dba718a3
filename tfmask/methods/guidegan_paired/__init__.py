"""GuideGAN on pairs: what it is, takes and gives."""

from tfmask.methods.guidance_options import (
    MASK_SENTENCE,
    ablations,
    follow_memory,
)
from tfmask.methods.guidegan_paired.config import PairedGuideGANConfig
from tfmask.methods.guidegan_paired.presets import paper, quick
from tfmask.methods.ports import (
    GIVEN_MASK,
    IMAGE,
    MASK,
    STEP_IMAGES,
    STEP_MASKS,
)
from tfmask.methods.spec import MethodSpec

METHOD = MethodSpec(
    name="guidegan_paired",
    title="GuideGAN on pairs",
    paper="ICLR 2020 submission",
    page="guidegan",
    config=PairedGuideGANConfig,
    presets={"paper": paper, "quick": quick},
    model="tfmask.methods.guidegan_paired.method:PairedGuideGAN",
    data="paired",
    inputs=(IMAGE, GIVEN_MASK),
    outputs=(IMAGE, MASK),
    steps=(STEP_IMAGES, STEP_MASKS),
    mask_kind="discriminator_attention",
    mask=MASK_SENTENCE,
    follow=follow_memory,
    ablations=ablations("guidegan_paired"),
)
