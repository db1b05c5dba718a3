"""Options of commands that give what goes with the images."""

import dataclasses
import functools
from pathlib import Path
from typing import Annotated

from tfmask.methods import NAMES, method_spec


@functools.cache
def all_ports(side):
    """dict of name to `Port`: "inputs" or "outputs" of all methods."""
    return {
        port.name: port
        for name in NAMES
        for port in getattr(method_spec(name), side)
    }


def option_ports():
    """dict of name to `Port`: what some method takes by an option."""
    return {n: port for n, port in all_ports("inputs").items() if port.help}


def with_inputs(options):
    """A dataclass of options with one more for every port of some method."""
    import tyro

    fields = []
    for name, port in option_ports().items():
        kind, default = Path | None, None
        if port.kind == "attributes":
            kind, default = tuple[str, ...], ()
        if port.kind == "seed":
            kind = int | None
        kind = Annotated[kind, tyro.conf.arg(help=port.help)]
        fields.append((name, kind, dataclasses.field(default=default)))
    return dataclasses.make_dataclass(
        "Options",
        fields,
        bases=(options,),
        frozen=True,
        kw_only=True,
        namespace={"__doc__": options.__doc__},
    )
