"""Options of the CAM-consistency add-on, and of its hosts with it."""

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
    """CAM-consistency (Kim, Khan, Choo 2021) beside a host's options.

    We do not know the numbers of the paper. These are our choice. The arms of
    the ablation are: both weights 0 (the host alone), `cam_source none` (plain
    L1), `cam_discriminator_weight 0` (only the side of G), and the defaults.
    """

    cam_generator_weight: float = 10.0
    """Weight of the generator's term; 10 to 50 for AttGAN and STGAN."""
    cam_discriminator_weight: float = 1.0
    """Weight of the discriminator's term."""
    cam_source: Literal["both", "fake", "real", "none"] = "both"
    """Images whose Grad-CAM makes the mask: an added object is visible in
    the translation only, a removed one in the input only. `none` is an empty
    mask, a plain L1 (then the discriminator has no term)."""
    cam_layer: int | None = None
    """Layers of the discriminator's trunk below the Grad-CAM; None: as many
    as leave a map of about 16 pixels."""
    cam_start_epoch: float = 1.0
    """No term before it: an untrained discriminator has random maps."""
    cam_full_epoch: float = 2.0
    """Full weights from here on; between both they grow linearly."""

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
    """A host's config with the add-on.

    Args:
        options: class of the options of the host with the add-on.
        host: `TrainConfig`.
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
    """The `MethodSpec` of a host with the add-on."""
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
