"""LOMIT: what it is, takes and gives."""

from tfmask.methods.attribute_options import follow_attributes
from tfmask.methods.lomit.config import LOMITConfig
from tfmask.methods.lomit.presets import paper, quick
from tfmask.methods.ports import (
    EXEMPLAR,
    EXEMPLAR_MASK,
    GIVEN_EXEMPLAR_MASK,
    GIVEN_MASK,
    IMAGE,
    MASK,
)
from tfmask.methods.spec import MethodSpec, arms

METHOD = MethodSpec(
    name="lomit",
    title="LOMIT",
    paper="ICLR 2019 submission",
    config=LOMITConfig,
    presets=(paper, quick),
    model="tfmask.methods.lomit.method:LOMIT",
    data="attributes",
    inputs=(IMAGE, EXEMPLAR, GIVEN_MASK, GIVEN_EXEMPLAR_MASK),
    outputs=(IMAGE, MASK, EXEMPLAR_MASK),
    mask_kind="cosegmentation",
    mask=(
        "The mask shows where image and exemplar differ. The method found it "
        "by itself, without true masks."
    ),
    follow=follow_attributes,
    ablations=arms(
        "lomit",
        no_r1="--method.mask-similarity-weight 0",
        no_r2="--method.style-distance-weight 0",
        no_r3="--method.mask-area-weight 0",
    ),
)
