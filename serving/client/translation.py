"""`Client.translate`, with the calls of `serving.client.sans_io`.

It is a generator like those. It yields calls and receives their answers.
"""

import functools
from collections.abc import Callable, Generator, Sequence
from typing import Any

import grpc
import numpy as np

from serving.client import image_inputs as items
from serving.client.errors import (
    FailedPrecondition,
    InvalidArgument,
    ServingError,
    invalid,
)
from serving.client.ports import Ports
from serving.client.results import EncodedTranslation, Translation
from serving.client.tiled import is_cut, translate_tiled
from serving.commands.tiles import Progress, Tiling

# predict(inputs, signature): the steps of one call to the chosen version.
Predict = Callable[[dict[str, np.ndarray], str], Generator]
# The server joins requests of several callers. If one fails, all of them fail.
_STRANGERS = "from different tasks have different shapes"


def translate(
    predict: Predict,
    image: Any,
    direction: str,
    others: dict[str, Any],
    ports: Ports,
    limits: tuple[int, int],
    tiling: Tiling | None = None,
    progress: Progress | None = None,
) -> Generator[Any, Any, Any]:
    """Steps that translate one image, a batch or a list.

    Args:
        predict: function that calls a signature.
        image: as in `Client.translate`.
        direction: str.
        others: name to value, the other inputs.
        ports: of the model.
        limits: the largest number of bytes and of images in a request.
        tiling: how larger images are cut. None: they stay whole.
        progress: as in `translate_tiled`, for each image that is cut.

    Returns:
        The result of `Client.translate`.

    Raises:
        ServingError: as in `Client.translate`. It has `results` and `failures`
            if there are several images.
    """
    images, single = items.read_items(image, others, ports.inputs)
    results: list[Any] = [None] * len(images)
    failures = {
        index: item
        for index, item in enumerate(images)
        if isinstance(item, ServingError)
    }
    ask = functools.partial(
        _translate_batch, predict, direction=direction, ports=ports
    )

    def keep(index, result):
        target = failures if isinstance(result, ServingError) else results
        target[index] = result

    def ask_pieces(pieces, keep_piece):
        chosen = dict(enumerate(pieces))
        yield from _translate_items(ask, chosen, limits, keep_piece)

    small, large = {}, {}
    for index, item in enumerate(images):
        if index not in failures:
            (large if is_cut(item, tiling) else small)[index] = item
    try:
        yield from _translate_items(ask, small, limits, keep)
        for index, item in large.items():
            result = yield from translate_tiled(
                ask_pieces, item, ports, tiling, progress
            )
            keep(index, result)
    except ServingError as error:
        if not single:
            error.results, error.failures = results, failures
        raise
    if failures:
        raise failures[0] if single else _summary(failures, results)
    if single:
        return results[0]
    if isinstance(image, list | tuple):
        return results
    return _joined(results)


def _summary(failures, results):
    """One error for all images that were refused, with the others' results."""
    first = failures[min(failures)].details
    if len(failures) > 1:
        first = f"{len(failures)} of {len(results)} images. The first: {first}"
    error = invalid(first)
    error.results, error.failures = results, dict(sorted(failures.items()))
    return error


def _translate_items(ask, chosen, limits, keep):
    """Steps that ask for items in batches.

    Args:
        ask: steps of one batch that give a result or an error for each item.
        chosen: dict of index to item.
        limits: see `translate`.
        keep: function of an index and the result or error of that item.
    """
    indices = list(chosen)
    for places in items.batches(list(chosen.values()), *limits):
        mine = [indices[place] for place in places]
        answers = yield from ask([chosen[index] for index in mine])
        for index, result in zip(mine, answers, strict=True):
            keep(index, result)


def _translate_batch(predict, chosen, direction, ports):
    """A result or an `InvalidArgument` for each item. The error names it."""
    try:
        return (yield from _send(predict, chosen, direction, ports))
    except (InvalidArgument, FailedPrecondition) as error:
        if not _is_about_images(error):
            raise
        if len(chosen) == 1 and error.blames == "inputs":
            return [_refused(chosen[0], error)]
    # One bad image makes its whole batch fail, here or in the server. In the
    # server, the bad image may belong to another caller. So the client asks for
    # each image once more, alone.
    results = []
    for item in chosen:
        try:
            results += yield from _send(predict, [item], direction, ports)
        except InvalidArgument as error:
            if not _is_about_images(error):
                raise
            results.append(_refused(item, error))
    return results


def _is_about_images(error):
    if isinstance(error, FailedPrecondition):
        return _STRANGERS in error.details
    return error.blames != "call"


def _refused(item, error):
    named = invalid(item.blamed(error.details), blames=error.blames)
    named.__cause__ = error
    return named


def _send(predict, chosen, direction, ports):
    signature, encoded = direction, chosen[0].encoded
    if set(ports.masks) & set(chosen[0].inputs):
        if encoded:
            raise invalid(
                "with `mask`, `image` must be an array, too; no signature "
                "takes a mask and an encoded image."
            )
        signature += "_with_mask"
        chosen = [with_all_masks(item, ports) for item in chosen]
    else:
        instead = set(ports.instead) & set(chosen[0].inputs)
        if instead:
            signature += f"_with_{instead.pop()}"
        else:
            chosen = [_with_all_seeds(item, ports) for item in chosen]
        if encoded:
            signature += "_encoded"
    prediction = yield from predict(items.stack(chosen), signature)
    outputs = prediction.outputs
    if encoded:
        # Versions of older exports have `image` and `mask`.
        outputs = {n.removesuffix("_bytes"): v for n, v in outputs.items()}
    missing = {"image", "mask"} - set(outputs)
    if missing:
        raise ServingError(
            grpc.StatusCode.INTERNAL,
            f"signature {signature!r} answers without {sorted(missing)}",
        )
    kind = EncodedTranslation if encoded else Translation
    return [
        kind(
            *_parts(outputs, index),
            prediction.version,
            _extras(outputs, index),
        )
        for index in range(len(chosen))
    ]


def with_all_masks(item, ports):
    """An item with every mask. The model finds the ones that are empty."""
    nothing = np.zeros((0, 0, 1), np.uint8)
    return item._replace(
        inputs={**dict.fromkeys(ports.masks, nothing), **item.inputs}
    )


def _with_all_seeds(item, ports):
    """An item with every number of a random choice; 0 where it has none."""
    zeros = dict.fromkeys(ports.seeds, np.int64(0))
    return item._replace(inputs={**zeros, **item.inputs})


def _parts(outputs, index):
    image, mask = outputs["image"][index], outputs["mask"][index]
    return image, mask if isinstance(mask, bytes) else mask[..., 0]


def _extras(outputs, index):
    return {
        name: value[index]
        for name, value in outputs.items()
        if name not in ("image", "mask")
    }


def _joined(results: Sequence[Translation]):
    if not results:
        raise invalid("`image`: expected at least one image. Got: none.")
    return Translation(
        np.stack([result.image for result in results]),
        np.stack([result.mask for result in results]),
        results[-1].version,
        {
            name: np.stack([result.extras[name] for result in results])
            for name in results[0].extras
        },
    )
