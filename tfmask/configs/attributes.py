"""Options of every method that sets attributes."""

from dataclasses import dataclass
from typing import ClassVar

from tfmask.configs.checks import require


@dataclass(frozen=True, kw_only=True)
class AttributeOptions:
    """Which attributes, and what `translate` takes."""

    inputs: ClassVar[tuple[str, ...]] = ("image", "attributes")
    exemplars: ClassVar[bool] = False

    attributes: tuple[str, ...] = ()
    """Names in the order of the batches' columns; `data.attributes` selects
    them."""
    exclusive: tuple[str, ...] = ()
    """Attributes of which an image has one at most, for example hair
    colours: sample grids and `tfmask evaluate` switch them together."""

    def __post_init__(self):
        # JSON knows lists only.
        for name in ("attributes", "exclusive"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        unknown = set(self.exclusive) - set(self.attributes)
        require(
            not (unknown and self.attributes),
            "exclusive",
            f"among the attributes {', '.join(self.attributes)}",
            ", ".join(sorted(unknown)),
        )
