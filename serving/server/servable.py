"""One loaded version, with everything a request needs from it."""

import pathlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from serving.protocol import protos
from serving.protocol.tensors import Tensor
from serving.protocol.versions import LOG
from serving.protocol.warmup import warm_up
from serving.server.batching import BatchScheduler
from serving.server.budget import Budget
from serving.server.engine import Engine
from serving.server.memory import Meter
from serving.server.prediction import predict
from serving.server.request_size import (
    BYTES_PER_PIXEL,
    MAX_IMAGE_PIXELS,
    RequestSize,
    read_request_size,
)


@dataclass(frozen=True)
class ServableOptions:
    """How models are run.

    Args:
        tensor_content: bool, answer with raw memory instead of typed fields.
        max_image_pixels: int, limit for the images of a request.
        budget: `Budget` for the memory of all requests. None: there is no
            limit, and nothing is measured.
        batching: `BatchScheduler` or None to run each request alone.
        threads: int, the threads that one operation may use. 0: one for each
            core.
    """

    tensor_content: bool = False
    max_image_pixels: int = MAX_IMAGE_PIXELS
    budget: Budget | None = None
    batching: BatchScheduler | None = None
    threads: int = 0


class Servable:
    """A loaded and warmed-up version.

    Args:
        folder: path of the version.
        options: `ServableOptions`.

    Raises:
        CallError: the version cannot be loaded.
    """

    def __init__(self, folder: str | pathlib.Path, options: ServableOptions):
        if options.batching:
            options.batching.options.check()
        # Warm-up requests run alone, because those that measure memory have
        # more rows than a batch may have.
        self._batching = None
        self._engine = Engine(folder, options.threads)
        self.signatures = self._engine.signatures
        self.tensor_content = options.tensor_content
        table = protos.SignatureDefMap()
        for name, signature in self.signatures.items():
            table.signature_def[name].CopyFrom(signature)
        self.signature_map = table.SerializeToString()
        self._max_pixels = options.max_image_pixels
        self._bytes_per_pixel = float(BYTES_PER_PIXEL)
        try:
            self._warm_up(folder, options.budget)
        except BaseException:
            self._engine.close()
            raise
        self._batching = options.batching

    def _warm_up(self, folder, budget):
        def answer(request):
            predict(self, 0, request, None)

        if budget is None:
            warm_up(folder, answer)
            return
        meter = Meter(budget)
        warm_up(folder, lambda request: meter.watch(request, answer))
        bytes_per_pixel = meter.measure(answer)
        affordable = int(budget.limit / bytes_per_pixel)
        self._bytes_per_pixel = bytes_per_pixel
        self._max_pixels = min(self._max_pixels, affordable)
        LOG.info(
            "%s takes %.0f bytes a pixel; at most %d pixels in one request",
            folder,
            bytes_per_pixel,
            self._max_pixels,
        )

    def request_size(self, request) -> tuple[RequestSize, int]:
        """The size of a request, and the bytes it takes while it runs.

        Args:
            request: `PredictRequest`.

        Raises:
            CallError: INVALID_ARGUMENT; it has too many pixels, or the size of
                an image cannot be read.
        """
        size = read_request_size(request.inputs, self._max_pixels)
        size.check(self._max_pixels)
        memory = size.memory(self._bytes_per_pixel)
        if self._batching:
            memory = int(memory * self._batching.options.most_padding)
        return size, memory

    def run(
        self,
        feeds: Mapping[str, Tensor],
        fetches: Sequence[str],
        timeout: float | None,
    ) -> list[Tensor]:
        """Runs the model, alone or in a batch; see `Engine.run`."""
        if self._batching is None:
            return self._engine.run(feeds, fetches, timeout)
        return self._batching.run(self._engine.run, feeds, fetches, timeout)

    def interrupt(self) -> None:
        """Ends what runs, between two operations; nothing runs afterwards."""
        self._engine.interrupt()

    def close(self) -> None:
        """Frees the model's memory."""
        self._engine.close()
