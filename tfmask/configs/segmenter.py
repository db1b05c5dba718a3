"""Options of the segmenter."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from tfmask.configs.checks import require, require_positive

Colours = tuple[tuple[int, int, int], ...]


@dataclass(frozen=True, kw_only=True)
class SegmenterConfig:
    """A small U-Net that tells the class of every pixel of a photograph."""

    inputs: ClassVar[tuple[str, ...]] = ("image",)
    paired: ClassVar[bool] = True

    label_domain: Literal["a", "b"] = "b"
    """Domain that holds the label maps; follows the data."""
    palette: Colours = ()
    """Colours of the classes in label maps; follows the data."""
    void: Colours = ()
    """Colours of pixels that teach nothing; follows the data."""
    filters: int = 32
    """Channels of the U-Net's first level."""
    levels: int = 5
    """Times that the U-Net halves the image."""
    normalization: str = "instance"
    """`instance`, `batch`, `none`, or `addons:LAYER` of tensorflow-addons."""

    def __post_init__(self):
        # JSON knows lists only.
        for name in ("palette", "void"):
            colours = tuple(tuple(colour) for colour in getattr(self, name))
            object.__setattr__(self, name, colours)
        require_positive(self, "filters")
        require(self.levels >= 2, "levels", "2 or more", self.levels)
