"""Options of every method that sets attributes."""

import dataclasses
from dataclasses import dataclass

from tfmask.configs.checks import require
from tfmask.methods.ports import ATTRIBUTES, IMAGE, SOURCE_ATTRIBUTES
from tfmask.methods.spec import MethodSpec
from tfmask.ops.errors import UserError


@dataclass(frozen=True, kw_only=True)
class AttributeOptions:
    """Which attributes, and what `translate` takes."""

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


def follow_attributes(options, data):
    """The options with the data's attributes as the method's.

    Raises:
        UserError: the options name other attributes.
    """
    if options.attributes not in ((), data.attributes):
        raise UserError(
            "Attributes are selected by `--data.attributes`: "
            f"{', '.join(data.attributes)}. `method.attributes` follows them, "
            f"it cannot be {', '.join(options.attributes)}."
        )
    try:
        return dataclasses.replace(options, attributes=data.attributes)
    except ValueError as error:
        raise UserError(str(error)) from error


def attribute_spec(**declared):
    """The `MethodSpec` of a method that sets attributes."""
    return MethodSpec(
        data="attributes",
        inputs=(IMAGE, ATTRIBUTES, SOURCE_ATTRIBUTES),
        follow=follow_attributes,
        **declared,
    )
