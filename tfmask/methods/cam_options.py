"""Options of the CAM-consistency add-on, and of methods that use it."""

import dataclasses
from dataclasses import dataclass
from typing import Literal

from tfmask.configs.checks import (
    require,
    require_not_negative,
    require_positive,
)
from tfmask.methods.attribute_options import attribute_spec
from tfmask.methods.spec import arms


@dataclass(frozen=True, kw_only=True)
class CamOptions:
    """CAM-consistency (Kim, Khan, Choo 2021), added to another method.

    We do not know the numbers of the paper. These are our choice. The ablation
    compares: both weights 0 (the other method alone), `cam_source none` (plain
    L1), `cam_discriminator_weight 0` (only the generator's term), and the
    defaults.
    """

    cam_generator_weight: float = 10.0
    """Weight of the generator's term. AttGAN and STGAN need 10 to 50."""
    cam_discriminator_weight: float = 1.0
    """Weight of the discriminator's term."""
    cam_source: Literal["both", "fake", "real", "none"] = "both"
    """Images whose Grad-CAM makes the mask. Only the translation (`fake`) shows
    an added object, only the input (`real`) shows a removed one. `none`: the
    mask is empty, so the term is a plain L1, and the discriminator has no
    term."""
    cam_layer: int | None = None
    """Number of layers of the discriminator's trunk before the Grad-CAM. None:
    chosen so that the Grad-CAM has a side of about 16 pixels."""
    cam_start_epoch: float = 1.0
    """Epoch at which the terms begin. Before it the maps are random, because
    the discriminator has not learned yet."""
    cam_full_epoch: float = 2.0
    """Epoch from which on the terms have their full weights. From the first
    epoch to this one the weights grow linearly."""

    def __post_init__(self):
        super().__post_init__()
        require_not_negative(
            self,
            "cam_generator_weight",
            "cam_discriminator_weight",
            "cam_start_epoch",
        )
        require_positive(self, "cam_layer")
        require(
            self.cam_full_epoch >= self.cam_start_epoch,
            "cam_full_epoch",
            f"cam_start_epoch ({self.cam_start_epoch}) or more",
            self.cam_full_epoch,
        )


def with_cam(options, host, start=1 / 20, full=1 / 10):
    """Adds the add-on to a preset of another method.

    Args:
        options: class of the options of the method with the add-on.
        host: `TrainConfig` of the method without it.
        start: share of the run before the add-on begins.
        full: share of the run before it has its full weights. The defaults are
            10,000 and 20,000 of StarGAN's 200,000 steps. They are our choice.
    """
    method = options(
        **dataclasses.asdict(host.method),
        cam_start_epoch=host.run.epochs * start,
        cam_full_epoch=host.run.epochs * full,
    )
    return dataclasses.replace(host, method=method)


def cam_spec(name, **declared):
    """The `MethodSpec` of a method with the add-on."""
    return attribute_spec(
        name=name,
        paper="Kim et al. 2021",
        page="cam_consistency",
        mask_kind="grad_cam",
        mask="The mask shows where Grad-CAM of the discriminator finds the "
        "changed attributes.",
        milestones={"CAM-consistency": "cam_start_epoch"},
        # This is the protocol of the sheet.
        ablations=arms(
            name,
            host="--method.cam-generator-weight 0 "
            "--method.cam-discriminator-weight 0",
            plain_l1="--method.cam-source none",
            generator_only="--method.cam-discriminator-weight 0",
        ),
        **declared,
    )
