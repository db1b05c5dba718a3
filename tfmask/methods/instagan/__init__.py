"""InstaGAN: what it is, takes and gives."""

from tfmask.methods.instagan.config import InstaGANConfig
from tfmask.methods.instagan.presets import paper, quick
from tfmask.methods.ports import IMAGE, INSTANCES, MASK
from tfmask.methods.spec import Arm, MethodSpec, arms

# `instances_max` in one step.
_AT_ONCE = ("--method.instances-per-step", "4")

METHOD = MethodSpec(
    name="instagan",
    title="InstaGAN",
    paper="Mo et al. 2019",
    config=InstaGANConfig,
    presets=(paper, quick),
    model="tfmask.methods.instagan.method:InstaGAN",
    data="instances",
    inputs=(IMAGE, INSTANCES),
    outputs=(IMAGE, MASK, INSTANCES),
    mask_kind="instances",
    mask=(
        "The mask is the union of the given instance masks, after they were "
        "translated with the image."
    ),
    # Figure 9 has these rows: CycleGAN; with the union of the masks (and
    # CycleGAN's losses and discriminators); with InstaGAN's architecture; with
    # the context loss (`once_once`); with the sequence (the plain method).
    # Figure 10 compares training and inference, each with a sequence of two
    # instances or with all at once.
    ablations=(
        Arm(
            name="instagan-cyclegan",
            method="cyclegan",
            evaluate=("--instances",),
        ),
        *arms(
            "instagan",
            cyclegan_seg="--method.architecture concatenated "
            "--method.context-weight 0 --method.identity-weight 5 "
            "--method.discriminator-spectral-normalization False",
        ),
        Arm(
            name="instagan-architecture",
            method="instagan",
            train=("--method.context-weight", "0", *_AT_ONCE),
            evaluate=("--instances-per-step", "0"),
        ),
        *arms("instagan", no_context="--method.context-weight 0"),
        Arm(
            name="instagan-once_once",
            method="instagan",
            train=_AT_ONCE,
            evaluate=("--instances-per-step", "0"),
        ),
        Arm(
            name="instagan-sequence_once",
            method="instagan",
            evaluate=("--instances-per-step", "0"),
            trained_as="instagan",
        ),
        Arm(
            name="instagan-once_sequence",
            method="instagan",
            evaluate=("--instances-per-step", "2"),
            trained_as="instagan-once_once",
        ),
    ),
)
