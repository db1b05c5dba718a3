"""Options of the segmenter."""

import dataclasses
from dataclasses import dataclass
from typing import Literal

from tfmask.configs.checks import require, require_positive
from tfmask.ops.errors import UserError

Colours = tuple[tuple[int, int, int], ...]


@dataclass(frozen=True, kw_only=True)
class SegmenterConfig:
    """A small U-Net that tells the class of every pixel of a photograph."""

    label_domain: Literal["a", "b"] = "b"
    """Domain of the label maps. It follows the data."""
    palette: Colours = ()
    """Colours of the classes in label maps. They follow the data."""
    void: Colours = ()
    """Colours of pixels that do not count. They follow the data."""
    filters: int = 32
    """Channels of the U-Net's first level."""
    levels: int = 5
    """Number of halvings in the U-Net."""
    normalization: str = "instance"
    """`instance`, `batch`, `none`, or `addons:LAYER` of tensorflow-addons."""

    def __post_init__(self):
        # JSON knows lists only.
        for name in ("palette", "void"):
            colours = tuple(tuple(colour) for colour in getattr(self, name))
            object.__setattr__(self, name, colours)
        require_positive(self, "filters")
        require(self.levels >= 2, "levels", "2 or more", self.levels)


def follow_palette(options, data):
    """Sets the options that follow the data's label maps.

    Raises:
        UserError: not exactly one domain has label maps with known colours, or
            the options name other colours.
    """
    if len(data.palettes) != 1:
        raise UserError(
            "A segmenter learns the classes of label maps. Exactly one domain "
            "must have label maps (`--data.label-domains b` or `a`), with "
            "their colours in classes.csv of the folder. Got: "
            f"{len(data.palettes)} such domains in {data.location}."
        )
    ((domain, palette),) = data.palettes.items()
    followed = dataclasses.replace(
        options,
        label_domain=domain,
        palette=palette.colours,
        void=palette.void,
    )
    if options.palette and options != followed:
        raise UserError(
            "`method.label_domain`, `method.palette` and `method.void` follow "
            "the data, they cannot be others."
        )
    return followed
