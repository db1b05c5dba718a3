"""`Client.translate` of one large picture in tiles.

It is a generator like those of `serving.client.sans_io`.
"""

from collections.abc import Callable, Generator, Mapping
from typing import Any

import grpc
import numpy as np

from serving.client.errors import InvalidArgument, ServingError, invalid
from serving.client.image_inputs import Item
from serving.client.ports import Ports, picture_of
from serving.client.results import EncodedTranslation, Translation
from serving.commands.pictures import (
    PictureError,
    as_png,
    binary,
    read_image,
    read_mask,
    resized,
    size_problem,
)
from serving.commands.tiles import Canvas, Progress, Tiling, Window
from serving.protocol.image_headers import read_header

# How often tiles of an old version are asked for again.
_ROUNDS = 3

# keep(place, result): is told the `Translation` of an item, or its error.
Keep = Callable[[int, Any], None]
# ask(items, keep): steps that translate the items.
Ask = Callable[[list[Item], Keep], Generator[Any, Any, None]]


def is_cut(item: Item, tiling: Tiling | None) -> bool:
    """Whether an item's picture is larger than a tile."""
    image = item.inputs["image"]
    if isinstance(image, bytes):
        header = read_header(image)
        sides = header.width, header.height
    else:
        sides = image.shape[:2]
    return tiling is not None and tiling.cuts(*sides)


def translate_tiled(
    ask: Ask,
    item: Item,
    ports: Ports,
    tiling: Tiling,
    progress: Progress | None = None,
) -> Generator[Any, Any, Any]:
    """Steps that translate one picture.

    One version of the model answers all tiles. If a new version takes over in
    between, the client asks again for the tiles of the old version.

    Args:
        ask: see `Ask`.
        item: the picture and the inputs that go with it.
        ports: of the model.
        tiling: how the picture is cut.
        progress: is told at the start and after each tile how many are done.

    Returns:
        `Translation`, or `EncodedTranslation` of a file. If an input is wrong
        or a tile was refused, an error that says so.

    Raises:
        ServingError: any other failure.
    """
    try:
        plain = item._replace(inputs=_decoded(item, ports.inputs))
    except InvalidArgument as error:
        return error
    height, width = plain.inputs["image"].shape[:2]
    windows = tiling.windows(height, width)
    pieces = [_piece(plain, window, ports.inputs) for window in windows]
    results: dict[int, Any] = {}
    if progress:
        progress(0, len(pieces))
    for _ in range(_ROUNDS):
        waiting = [n for n in range(len(pieces)) if n not in results]

        def keep(place, result, waiting=waiting):
            results[waiting[place]] = result
            if progress:
                progress(len(results), len(pieces))

        yield from ask([pieces[index] for index in waiting], keep)
        for result in results.values():
            if isinstance(result, ServingError):
                return result
        version = results[waiting[-1]].version
        for index, result in list(results.items()):
            if result.version != version:
                del results[index]
        if len(results) == len(pieces):
            break
    else:
        raise ServingError(
            grpc.StatusCode.ABORTED,
            f"{item.labels['image']}: the model's version changed "
            f"{_ROUNDS} times while the tiles were translated. Give `version`.",
        )
    others = {n for n in ports.outputs if not _is_of_image(n, ports.outputs)}
    canvas = Canvas(height, width, len(windows), others)
    for index, window in enumerate(windows):
        canvas.add(window, _outputs(results[index]))
    outputs = canvas.results()
    if item.encoded:
        return EncodedTranslation(
            as_png(outputs.pop("image")),
            as_png(outputs.pop("mask")[..., 0]),
            version,
            {name: _encoded(value) for name, value in outputs.items()},
        )
    image, mask = outputs.pop("image"), outputs.pop("mask")[..., 0]
    return Translation(image, mask, version, outputs)


def _decoded(item: Item, kinds: Mapping[str, str]) -> dict[str, Any]:
    """The inputs as arrays; those of the image have its size."""
    inputs: dict[str, Any] = {}
    for name, value in item.inputs.items():
        try:
            if isinstance(value, bytes):
                value = read_image(value)
            elif isinstance(value, tuple):
                masks = [binary(read_mask(data)) for data in value]
                for mask in masks:
                    _require_size(item, name, mask, inputs["image"])
                value = np.stack(masks)[..., None]
        except PictureError as error:
            raise invalid(f"{item.labels[name]}: {error}") from None
        except ImportError:
            raise invalid(
                f"{item.labels[name]}: to cut a file into tiles, the client "
                "decodes it. This needs Pillow (`pip install pillow`)."
            ) from None
        if kinds[name] == "mask" and _is_of_image(name, kinds):
            _require_size(item, name, value[..., 0], inputs["image"])
        inputs[name] = value
    return inputs


def _require_size(item, name, mask, image):
    problem = size_problem(mask.shape, image.shape[:2], "its image")
    if problem:
        raise invalid(f"{item.labels[name]}: {problem}.")


def _is_of_image(name, kinds):
    """Whether a picture is cut along; a tile sees all of another one."""
    if kinds[name] == "mask":
        return picture_of(name) == "image"
    return name == "image" or kinds[name] == "masks"


def _piece(item: Item, window: Window, kinds: Mapping[str, str]) -> Item:
    """An item of one tile."""
    inputs: dict[str, Any] = {}
    for name, value in item.inputs.items():
        if kinds[name] in ("attributes", "seed"):
            inputs[name] = value
        elif _is_of_image(name, kinds):
            inputs[name] = window.cut(value)
        else:
            whole = resized(np.squeeze(value), *window.size)
            inputs[name] = whole.reshape(*window.size, value.shape[-1])
    size = sum(value.nbytes for value in inputs.values())
    return Item(item.labels, inputs, size)


def _outputs(result: Translation) -> dict[str, np.ndarray]:
    """name to (..., h, w, C) uint8."""
    return {
        "image": result.image,
        "mask": result.mask[..., None],
        **result.extras,
    }


def _encoded(value):
    """A further result as a server sends it: PNG, or one for each object."""
    if value.ndim == 3:
        return as_png(np.squeeze(value))
    files = np.empty(len(value), object)
    files[:] = [as_png(np.squeeze(part)) for part in value]
    return files
