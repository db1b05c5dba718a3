"""One loaded version, with everything a request needs from it."""

import pathlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from serving import protos
from serving.batching import BatchScheduler
from serving.engine import Engine
from serving.prediction import MAX_IMAGE_PIXELS
from serving.tensors import Tensor
from serving.warmup import warm_up


@dataclass(frozen=True)
class ServableOptions:
    """How models are run.

    Args:
        tensor_content: bool, answer with raw memory instead of typed fields.
        max_image_pixels: int, limit for the encoded images of a request.
        batching: `BatchScheduler` or None to run each request alone.
    """

    tensor_content: bool = False
    max_image_pixels: int = MAX_IMAGE_PIXELS
    batching: BatchScheduler | None = None


class Servable:
    """A loaded and warmed-up version.

    Args:
        folder: path of the version.
        options: `ServableOptions`.

    Raises:
        CallError: the version cannot be loaded.
    """

    def __init__(self, folder: str | pathlib.Path, options: ServableOptions):
        self._batching = options.batching
        if self._batching:
            self._batching.options.check()
        self._engine = Engine(folder)
        self.signatures = self._engine.signatures
        self.tensor_content = options.tensor_content
        self.max_image_pixels = options.max_image_pixels
        table = protos.SignatureDefMap()
        for name, signature in self.signatures.items():
            table.signature_def[name].CopyFrom(signature)
        self.signature_map = table.SerializeToString()
        try:
            warm_up(self, folder)
        except BaseException:
            self._engine.close()
            raise

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

    def close(self) -> None:
        """Frees the model's memory."""
        self._engine.close()
