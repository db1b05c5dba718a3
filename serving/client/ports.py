"""Inputs and outputs of a served translation, from its metadata."""

import re
from typing import NamedTuple

from serving.client.errors import InvalidArgument, invalid
from serving.client.metadata import Metadata, TensorSpec, find_signature
from serving.commands.answers import clash

# Kinds, and the words for a value of each kind in errors.
KINDS = {
    "image": "an image",
    "mask": "a mask",
    "masks": "masks of single objects",
    "attributes": "numbers",
    "seed": "a whole number",
}


# A model has these other forms of a direction under the name of the direction.
_FORM = re.compile(r"(.+?)_(encoded|all_steps|with_.+)")


class Ports(NamedTuple):
    """The inputs and outputs of one direction, name to a key of `KINDS`.

    Attributes:
        required: inputs that a request must hold; `image` is one of them.
        masks: masks that the model finds, or takes from the caller.
        seeds: numbers of a random choice; 0 if a request has none.
        instead: images that the model takes instead of a random choice.
        outputs: outputs that an answer holds.
        attributes: int, how many numbers an input of that kind has; None if
            there is no such input.
    """

    required: dict[str, str]
    masks: dict[str, str]
    outputs: dict[str, str]
    attributes: int | None
    seeds: dict[str, str] = {}
    instead: dict[str, str] = {}

    @property
    def inputs(self) -> dict[str, str]:
        """All inputs that a request may have, name to kind."""
        return {**self.required, **self.masks, **self.seeds, **self.instead}


def kind_of(spec: TensorSpec) -> str | None:
    """The kind of a tensor, by type and shape; None: no translation's."""
    shape = spec.shape or ()
    if spec.dtype == "float" and len(shape) == 2:
        return "attributes"
    if spec.dtype == "int64" and len(shape) == 1:
        return "seed"
    if spec.dtype != "uint8" or len(shape) not in (4, 5):
        return None
    if len(shape) == 5:
        return "masks" if shape[-1] == 1 else None
    return {1: "mask", 3: "image"}.get(shape[-1])


def read_ports(metadata: Metadata, direction: str) -> Ports:
    """The inputs and outputs of `translate` in a direction.

    Args:
        metadata: `Metadata`.
        direction: str, such as "a_to_b".

    Raises:
        InvalidArgument: there is no such direction, or its signature is not a
            translation.
    """
    plain = _direction(metadata, direction)
    edited = metadata.signatures.get(f"{direction}_with_mask", plain)
    others = {
        name: signature.inputs[name]
        for name, signature in _instead(metadata, direction, plain)
    }
    inputs = {**edited.inputs, **others}
    kinds = {name: kind_of(spec) for name, spec in inputs.items()}
    strange = [name for name, kind in kinds.items() if kind is None]
    if strange or kinds.get("image") != "image":
        raise invalid(
            f"`direction`: signature {direction!r} of {metadata.model} is no "
            f"translation: {strange[0] if strange else 'image'} is "
            f"{inputs.get((strange or ['image'])[0], 'missing')}. Use "
            "`predict` for it.",
            blames="call",
        )
    count = None
    for name, kind in kinds.items():
        if kind == "attributes":
            count = inputs[name].shape[-1]
    seeds = {name: kind for name, kind in kinds.items() if kind == "seed"}
    return Ports(
        {name: kinds[name] for name in plain.inputs if name not in seeds},
        {
            name: kinds[name]
            for name in edited.inputs
            if name not in plain.inputs
        },
        {name: kind_of(spec) for name, spec in plain.outputs.items()},
        count,
        seeds,
        {name: kinds[name] for name in others},
    )


def _direction(metadata, direction):
    """The signature of a direction."""
    form = _FORM.fullmatch(direction)
    if form and form[1] in metadata.signatures:
        raise invalid(
            f"`direction`: expected one such as {form[1]!r}. Got: "
            f"{direction!r}. `translate` adds the ending that its inputs "
            "need. `predict` runs any signature.",
            blames="call",
        )
    try:
        return find_signature(metadata, direction)
    except InvalidArgument as error:
        raise invalid(f"`direction`: {error.details}", blames="call") from None


def _instead(metadata, direction, plain):
    """(image X, signature) of every signature `DIRECTION_with_X`."""
    start = f"{direction}_with_"
    for name, signature in metadata.signatures.items():
        other = name.removeprefix(start)
        if name.startswith(start) and other not in plain.inputs:
            spec = signature.inputs.get(other)
            if spec is not None and kind_of(spec) == "image":
                yield other, signature


def picture_of(mask: str) -> str:
    """The image that a mask belongs to: `image`, or X of X_mask."""
    return mask.removesuffix("mask").rstrip("_") or "image"


def check_names(ports: Ports, names) -> None:
    """Looks whether a request holds what the model takes, and no more.

    Raises:
        InvalidArgument: an input is missing, or one is too much. The text names
            it.
    """
    takes = ", ".join(f"`{name}`" for name in ports.inputs)
    for name, kind in ports.required.items():
        if name not in names:
            raise invalid(
                f"`{name}` is missing: expected {KINDS[kind]}. The model "
                f"takes {takes}."
            )
    for name in names:
        if name not in ports.inputs:
            raise invalid(
                f"`{name}`: expected no such input. The model takes {takes}."
            )
    problem = clash(
        [f"`{name}`" for name in ports.instead if name in names],
        [f"`{name}`" for name in ports.seeds if name in names],
    )
    if problem:
        raise invalid(problem)
