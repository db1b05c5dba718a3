"""The results of `translate`."""

import functools
import io
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Translation:
    """A translated image and the mask that says what was changed.

    For a batch every array has a leading dimension N.

    Attributes:
        image: uint8 (H, W, 3).
        mask: uint8 (H, W); 255 is changed.
        version: int, the version of the model that answered.
        extras: further outputs of the method, by name.
    """

    image: np.ndarray
    mask: np.ndarray
    version: int
    extras: dict[str, np.ndarray] = field(default_factory=dict)


@dataclass(frozen=True)
class EncodedTranslation:
    """Like `Translation`, for files and bytes: the answer is PNG, too.

    The properties `image` and `mask` decode the PNG. They need Pillow.

    Attributes:
        image_png: bytes of a PNG, 8-bit RGB.
        mask_png: bytes of a PNG, 8-bit grey.
        version: int, the version of the model that answered.
        extras: further outputs of the method, by name, in the form that the
            server sent.
    """

    image_png: bytes
    mask_png: bytes
    version: int
    extras: dict[str, bytes] = field(default_factory=dict)

    @functools.cached_property
    def image(self) -> np.ndarray:
        """uint8 (H, W, 3)."""
        return decode_png(self.image_png)

    @functools.cached_property
    def mask(self) -> np.ndarray:
        """uint8 (H, W)."""
        return decode_png(self.mask_png)


def decode_png(data: bytes) -> np.ndarray:
    """Decodes an image of an answer.

    Args:
        data: bytes of a PNG.

    Returns:
        uint8 (H, W, 3) or (H, W).

    Raises:
        ImportError: Pillow is not installed.
    """
    try:
        from PIL import Image
    except ImportError as error:
        raise ImportError(
            "Decoding PNG answers needs Pillow (`pip install pillow`). "
            "Without it use `image_png` and `mask_png`, which have the bytes, "
            "or send arrays: then the answers are arrays."
        ) from error
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image)
