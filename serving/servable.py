"""One loaded version, with everything a request needs from it."""

import pathlib
from dataclasses import dataclass

from serving import protos
from serving.engine import Engine
from serving.prediction import MAX_IMAGE_PIXELS


@dataclass(frozen=True)
class ServableOptions:
    """How models are run.

    Args:
        tensor_content: bool, answer with raw memory instead of typed fields.
        max_image_pixels: int, limit for the encoded images of a request.
    """

    tensor_content: bool = False
    max_image_pixels: int = MAX_IMAGE_PIXELS


class Servable:
    """A loaded version.

    Args:
        folder: path of the version.
        options: `ServableOptions`.

    Raises:
        CallError: the version cannot be loaded.
    """

    def __init__(
        self,
        folder: str | pathlib.Path,
        options: ServableOptions = ServableOptions(),
    ):
        self._engine = Engine(folder)
        self.signatures = self._engine.signatures
        self.tensor_content = options.tensor_content
        self.max_image_pixels = options.max_image_pixels
        self.run = self._engine.run
        table = protos.SignatureDefMap()
        for name, signature in self.signatures.items():
            table.signature_def[name].CopyFrom(signature)
        self.signature_map = table.SerializeToString()

    def close(self) -> None:
        """Frees the model's memory."""
        self._engine.close()
