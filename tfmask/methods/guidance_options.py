"""Options of methods that are guided by their discriminators."""

import dataclasses
from dataclasses import dataclass
from typing import Literal

from tfmask.configs.checks import (
    require,
    require_not_negative,
    require_positive,
)
from tfmask.methods.ports import GIVEN_MASK, IMAGE, STEP_IMAGES, STEP_MASKS
from tfmask.methods.spec import MethodSpec, arms
from tfmask.ops.errors import UserError


@dataclass(frozen=True, kw_only=True)
class GuidanceOptions:
    """Options of the discriminator's attention and its way to the generator."""

    attention: Literal["post_hoc", "ram"] = "post_hoc"
    """How a discriminator finds its attention M. `post_hoc`: from its last
    activations. `ram`: a branch of the network learns it."""
    minmax_ram: bool = False
    """Stretch the attention of `ram` to [0, 1] in each image."""
    transfer: Literal["multiply", "rgba"] = "multiply"
    """How a generator sees the attention M of an image x. `multiply`: its input
    is (1 + M) x. `rgba`: M is a fourth channel."""
    learnable_alpha: bool = False
    """Learn scale and offset of the fourth channel of `rgba`."""
    attention_mode: Literal["memory", "inner"] = "memory"
    """Where M comes from. `memory`: from the last step with this image.
    `inner`: from a translation without attention in the same step. This needs
    one more pass of both networks."""
    align_attention: bool = True
    """Shift and mirror remembered maps, so that they fit the image's present
    crop."""
    attention_steps: int = 2
    """Number of rounds of translation and attention before the last
    translation."""
    memory_images: tuple[int, ...] = ()
    """Number of training images of a and of b whose maps are remembered. They
    follow the data."""
    normalization: str = "instance"
    """`instance`, `none`, or `addons:LAYER` of tensorflow-addons."""
    adversarial_weight: float = 10.0
    """Weight of the least-squares adversarial terms."""

    def __post_init__(self):
        # JSON knows lists only.
        object.__setattr__(self, "memory_images", tuple(self.memory_images))
        require_positive(self, "adversarial_weight")
        require_not_negative(self, "attention_steps")
        require(
            len(self.memory_images) in (0, 2)
            and all(count > 0 for count in self.memory_images),
            "memory_images",
            "empty or two numbers above 0, of a and b",
            self.memory_images,
        )
        require(
            self.transfer == "rgba" or not self.learnable_alpha,
            "learnable_alpha",
            "off if transfer is not rgba, because there is no alpha",
            self.learnable_alpha,
        )
        require(
            self.normalization != "batch",
            "normalization",
            "instance, none or addons:LAYER",
            self.normalization,
        )


def follow_memory(options, data):
    """Sets the numbers of remembered images to those of the data.

    Raises:
        UserError: the options have other numbers.
    """
    counts = tuple(data.counts("train").values())
    if options.memory_images not in ((), counts):
        raise UserError(
            f"`method.memory_images` follows the data, {counts}, it cannot be "
            f"{options.memory_images}."
        )
    return dataclasses.replace(options, memory_images=counts)


def guidance_spec(name, **declared):
    """The `MethodSpec` of a method that is guided by its discriminators."""
    return MethodSpec(
        name=name,
        paper="ICLR 2020 submission",
        page="guidegan",
        inputs=(IMAGE, GIVEN_MASK),
        steps=(STEP_IMAGES, STEP_MASKS),
        mask_kind="discriminator_attention",
        mask="The mask shows where the discriminator looked at the translation "
        "before the last step. It guided that step.",
        follow=follow_memory,
        # These are the combinations. The plain method is post hoc, multiply.
        ablations=arms(
            name,
            post_hoc_rgba="--method.transfer rgba",
            ram_multiply="--method.attention ram",
            ram_rgba="--method.attention ram --method.transfer rgba",
        ),
        **declared,
    )
