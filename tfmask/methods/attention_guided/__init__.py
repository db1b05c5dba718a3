"""Attention-guided translation: what it is, takes and gives."""

from tfmask.methods.attention_guided.config import AttentionGuidedConfig
from tfmask.methods.attention_guided.presets import paper, photos, quick
from tfmask.methods.lesson_options import follow_lessons
from tfmask.methods.ports import GIVEN_MASK, IMAGE
from tfmask.methods.spec import MethodSpec, arms

METHOD = MethodSpec(
    name="attention_guided",
    title="Attention-guided translation",
    paper="Mejjati et al. 2018",
    config=AttentionGuidedConfig,
    presets=(paper, quick, photos),
    model="tfmask.methods.attention_guided.method:AttentionGuided",
    data="unpaired",
    inputs=(IMAGE, GIVEN_MASK),
    mask_kind="attention",
    mask=(
        "The mask is an attention map that the method found by itself, "
        "without true masks."
    ),
    follow=follow_lessons,
    milestones={
        "lessons": "lesson_start_epoch",
        "attention frozen": "freeze_attention_epoch",
        "discriminators masked": "masked_discriminator_epoch",
    },
    # Mejjati et al. 2018, Table 2.
    ablations=arms(
        "attention_guided",
        no_cycle="--method.cycle-weight 0",
        reused_attention="--method.cycle-attention reuse",
        no_attention_a="--method.use-attention-a False",
        no_attention_b="--method.use-attention-b False",
        whole_image_d="--method.masked-discriminator-epoch None",
        whole_image_d_trained_on="--method.masked-discriminator-epoch None "
        "--method.freeze-attention-epoch None",
    ),
)
