"""Inputs and outputs of methods. One thing has the same name in all methods."""

import dataclasses
from typing import Literal


@dataclasses.dataclass(frozen=True, kw_only=True)
class Port:
    """One input or output of `translate`.

    Attributes:
        name: str, its name in dictionaries, signatures and on the command
            line.
        kind: "image" (B, H, W, 3) in [-1, 1]; "mask" (B, H, W, 1) and
            "masks" (B, K, H, W, 1) in [0, 1]; "attributes" (B, K), 1 on, 0
            off, below 0 as the image has it; "seed" (B,) int64, the number of a
            random choice, 0 if it is missing.
        follows: str, the port of the image that it belongs to. None: it belongs
            to no image.
        optional: bool; if it is missing, `translate` finds it by itself.
        help: str, help of its option in `tfmask translate` and `tfmask query`.
            Empty: it has no option.
    """

    name: str
    kind: Literal["image", "mask", "masks", "attributes", "seed"]
    follows: str | None = None
    optional: bool = False
    help: str = ""

    @property
    def picture(self):
        """Name of the image that the port is, or that it belongs to."""
        return self.follows or self.name


IMAGE = Port(name="image", kind="image")
ATTRIBUTES = Port(
    name="attributes",
    kind="attributes",
    help="What the results should have, as NAME=1 or NAME=0, for methods that "
    "set attributes; those that are not named stay as they are.",
)
SOURCE_ATTRIBUTES = Port(
    name="source_attributes", kind="attributes", optional=True
)
INSTANCES = Port(
    name="instances",
    kind="masks",
    follows="image",
    help="Folder of NAME_0.png, NAME_1.png, ...: the masks of the objects in "
    "NAME, for methods that translate given instances.",
)
EXEMPLAR = Port(
    name="exemplar",
    kind="image",
    help="The image whose look is taken over, for methods that take one; it "
    "is resized to each image's size. Writes NAME_exemplar_mask.png where the "
    "method finds one.",
)
STYLE_SEED = Port(
    name="style_seed",
    kind="seed",
    optional=True,
    help="Number of the random look that the results get, for methods that "
    "have several answers: the same number, the same look. 0 if not given.",
)
# It replaces a random style.
STYLE_EXEMPLAR = dataclasses.replace(EXEMPLAR, optional=True)
# Masks that the method finds and returns.
MASK = Port(name="mask", kind="mask", follows="image")
EXEMPLAR_MASK = Port(name="exemplar_mask", kind="mask", follows="exemplar")
# Masks that the caller may give instead.
GIVEN_MASK = Port(
    name="mask",
    kind="mask",
    follows="image",
    optional=True,
    help="Your own mask of the one image, of its size, for methods whose "
    "masks can be edited.",
)
GIVEN_EXEMPLAR_MASK = Port(
    name="exemplar_mask",
    kind="mask",
    follows="exemplar",
    optional=True,
    help="Your own mask of the exemplar, of its size.",
)
# Outputs of a translation in steps.
STEP_IMAGES = Port(name="images", kind="image")
STEP_MASKS = Port(name="masks", kind="mask", follows="images")
