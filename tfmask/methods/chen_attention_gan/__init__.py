"""Attention-GAN: what it is, takes and gives."""

from tfmask.methods.chen_attention_gan.config import ChenAttentionGANConfig
from tfmask.methods.chen_attention_gan.presets import paper, photos, quick
from tfmask.methods.lesson_options import follow_lessons
from tfmask.methods.ports import GIVEN_MASK, IMAGE
from tfmask.methods.spec import MethodSpec

METHOD = MethodSpec(
    name="chen_attention_gan",
    title="Attention-GAN",
    paper="Chen et al. 2018",
    config=ChenAttentionGANConfig,
    presets=(paper, quick, photos),
    model="tfmask.methods.chen_attention_gan.method:ChenAttentionGAN",
    data="unpaired",
    inputs=(IMAGE, GIVEN_MASK),
    follow=follow_lessons,
    milestones={"lessons": "lesson_start_epoch"},
    mask_kind="attention",
    mask=(
        "The mask is a sparse attention map that the method found by itself, "
        "without true masks."
    ),
)
