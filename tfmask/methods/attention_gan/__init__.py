"""AttentionGAN: what it is, takes and gives."""

from tfmask.methods.attention_gan.config import AttentionGANConfig
from tfmask.methods.attention_gan.presets import paper, photos, quick
from tfmask.methods.lesson_options import follow_lessons
from tfmask.methods.ports import GIVEN_MASK, IMAGE
from tfmask.methods.spec import MethodSpec

METHOD = MethodSpec(
    name="attention_gan",
    title="AttentionGAN",
    paper="Tang et al. 2021",
    config=AttentionGANConfig,
    presets=(paper, quick, photos),
    model="tfmask.methods.attention_gan.method:AttentionGAN",
    data="unpaired",
    inputs=(IMAGE, GIVEN_MASK),
    follow=follow_lessons,
    milestones={"lessons": "lesson_start_epoch"},
    mask_kind="attention",
    mask=(
        "The mask shows where the method paints and does not copy its input. "
        "The method found it by itself, without true masks."
    ),
)
