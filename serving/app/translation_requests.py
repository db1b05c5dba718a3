"""Requests of a person to a served model, and their answers."""

from dataclasses import dataclass, field

import numpy as np

from serving.app.painting import blended
from serving.client import Client, InvalidArgument
from serving.client.metadata import Metadata
from serving.client.ports import Ports, read_ports
from serving.client.results import Translation
from serving.commands.pictures import resized

# Answers of one request, of models that have several.
MOST_SAMPLES = 8


@dataclass(frozen=True, kw_only=True)
class TranslationRequest:
    """A person's choices on the page; a model ignores those it does not take.

    Attributes:
        picture: (H, W, 3) uint8.
        direction: str, of the model.
        exemplar: (h, w, 3) uint8 of any size, or None.
        masks: dict of name to (H, W) uint8, the person's own: `mask`, and
            `exemplar_mask`.
        objects: (K, H, W, 1) uint8 masks of single objects, or None.
        on: numbers of the attributes that the result should have.
        off: numbers of the attributes that it should not have.
        samples: int, how many answers.
        seed: int, number of the first.
    """

    picture: np.ndarray
    direction: str
    exemplar: np.ndarray | None = None
    masks: dict[str, np.ndarray] = field(default_factory=dict)
    objects: np.ndarray | None = None
    on: tuple[int, ...] = ()
    off: tuple[int, ...] = ()
    samples: int = 1
    seed: int = 0


def directions(metadata: Metadata) -> list[str]:
    """The directions that a model translates in.

    Args:
        metadata: of the model.

    Returns:
        list of str, such as ["a_to_b", "b_to_a"].
    """
    names = []
    for name in sorted(metadata.signatures):
        try:
            read_ports(metadata, name)
        except InvalidArgument:
            continue
        # It is the same as the first of the others.
        if name != "serving_default":
            names.append(name)
    return names


def takes_exemplar(ports: Ports) -> bool:
    """Whether a model takes a second picture."""
    return "exemplar" in {**ports.required, **ports.instead}


def takes_objects(ports: Ports) -> bool:
    """Whether a model needs masks of single objects."""
    return "masks" in ports.required.values()


def attributes_of(names: tuple[str, ...], ports: Ports) -> list[str]:
    """The names of a model's attributes.

    Args:
        names: the names that the user knows. A server does not have them.
        ports: of the model.

    Returns:
        list of str: these names, or numbers if their count is wrong.
    """
    count = ports.attributes or 0
    if len(names) == count:
        return list(names)
    return [f"attribute {number}" for number in range(count)]


def _inputs(request, ports):
    """The arguments of `Client.translate` beside seeds, by their names."""
    size = request.picture.shape[:2]
    inputs = {"image": request.picture}
    for name, kind in ports.inputs.items():
        if name == "exemplar" and request.exemplar is not None:
            inputs[name] = resized(request.exemplar, *size)
        elif kind == "masks":
            if request.objects is None or not len(request.objects):
                raise ValueError(
                    "The model translates objects: paint one or more first."
                )
            inputs[name] = request.objects
        elif kind == "attributes":
            both = sorted({*request.on} & {*request.off})
            if both:
                raise ValueError(
                    "An attribute cannot be switched on and off at once. "
                    f"Got number {both[0]} twice."
                )
            values = np.full(ports.attributes, -1.0, np.float32)
            values[list(request.on)] = 1.0
            values[list(request.off)] = 0.0
            inputs[name] = values
        elif name in ports.masks and name in request.masks:
            inputs[name] = resized(request.masks[name], *size)
    if "exemplar" in ports.required and "exemplar" not in inputs:
        raise ValueError("The model needs an exemplar: choose one.")
    return inputs


def translations_of(
    client: Client, model: str, ports: Ports, request: TranslationRequest
) -> list[Translation]:
    """Asks the server.

    If the model takes a mask, it gets the user's own mask. If it takes none,
    the translation is cut out with the mask, and outside of it is the picture.

    Args:
        client: `Client`.
        model: str, its name.
        ports: of the model's direction.
        request: `TranslationRequest`.

    Returns:
        list of `Translation`, one unless the model has several answers.

    Raises:
        ValueError: something that the model needs was not chosen.
        ServingError: as in `Client.translate`.
    """
    inputs = _inputs(request, ports)
    choices = [{}]
    if ports.seeds and not set(ports.instead) & set(inputs):
        last = request.seed + request.samples
        choices = [
            dict.fromkeys(ports.seeds, seed)
            for seed in range(request.seed, last)
        ]
    translations = [
        client.translate(
            **{**inputs, **choice}, direction=request.direction, model=model
        )
        for choice in choices
    ]
    mask = request.masks.get("mask")
    if mask is None or takes_objects(ports) or "mask" in ports.masks:
        return translations
    return [
        Translation(
            blended(request.picture, one.image, mask),
            mask,
            one.version,
            one.extras,
        )
        for one in translations
    ]
