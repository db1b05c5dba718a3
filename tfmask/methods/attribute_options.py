"""Options of every method that sets attributes."""

import dataclasses
from dataclasses import dataclass

from tfmask.configs.checks import require
from tfmask.methods.ports import ATTRIBUTES, IMAGE, SOURCE_ATTRIBUTES
from tfmask.methods.spec import MethodSpec
from tfmask.ops.errors import UserError


@dataclass(frozen=True, kw_only=True)
class AttributeOptions:
    """Options of the attributes."""

    attributes: tuple[str, ...] = ()
    """Names of the attributes, in the order of the batches' columns.
    `data.attributes` selects them."""
    exclusive: tuple[str, ...] = ()
    """Attributes that exclude each other, for example hair colours: an image
    has at most one of them. Sample grids and `tfmask evaluate` switch them
    together."""

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
    """Sets the attributes of the options to those of the data.

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
