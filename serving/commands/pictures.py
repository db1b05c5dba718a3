"""One reader of image files: pictures, masks and label maps.

TensorFlow decodes plain files in the same way, and faster. Some files need this
module: files that TensorFlow reads in another way (the orientation tag of
cameras, some BMP), and files that must be checked before bits or channels are
dropped. `picture_headers` says which files these are. Functions that read files
need Pillow. They import it themselves, so `serving.client` works without it.
"""

import io
import struct
from typing import TYPE_CHECKING

import numpy as np

from serving.commands.mask_values import (
    INSIDE,
    alpha_problem,
    deep_problem,
    levels_of,
    mask_problem,
)
from serving.commands.picture_headers import (
    BMP,
    JPEG,
    ORIENTATION,
    PNG,
    TURNS,
    bit_depth,
    is_lossless,
    orientation,
    turned,
)

if TYPE_CHECKING:
    from PIL import Image

# If all values of a picture of 16 bits are below this after the change to 8
# bits, it is almost black.
_DARK = 16


class PictureError(ValueError):
    """The fault of a file, in words that follow its name."""


def open_picture(data: bytes) -> "Image.Image":
    """Decodes a file.

    Args:
        data: bytes of any image file that Pillow reads.

    Returns:
        `PIL.Image` of any mode, as stored.

    Raises:
        PictureError: the file is damaged, or it is no image.
        ImportError: Pillow is not installed.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        image = Image.open(io.BytesIO(_with_third_colour(data)))
        image.load()
    except UnidentifiedImageError as error:
        raise PictureError("is not an image that can be read") from error
    except (
        OSError,
        SyntaxError,  # Pillow's error for a broken PNG
        ValueError,
        Image.DecompressionBombError,
    ) as error:
        raise PictureError(f"is a damaged image ({error})") from error
    return image


def _with_third_colour(data):
    """A BMP of 4 or 8 bits with two colours gets a third, unused one.

    With only black and white, Pillow (seen in 13.0) reads its bytes as single
    bits. Then all of the image becomes black.
    """
    if not data.startswith(BMP) or len(data) < 54:
        return data
    pixels_at, header = struct.unpack_from("<II", data, 10)
    bits, used = data[28], struct.unpack_from("<I", data, 46)[0]
    if header < 40 or bits not in (4, 8) or used != 2:
        return data
    end = 14 + header + 4 * used
    changed = bytearray(data[:end] + bytes(4) + data[end:])
    struct.pack_into("<I", changed, 10, pixels_at + 4)
    struct.pack_into("<I", changed, 46, used + 1)
    return bytes(changed)


def read_image(data: bytes) -> np.ndarray:
    """Reads a picture, upright.

    Args:
        data: bytes of a file. Grey and palette become RGB, transparency is
            dropped, 16 bits become 8.

    Returns:
        (H, W, 3) uint8.

    Raises:
        PictureError: the file is damaged, its numbers are no shades, or it has
            16 bits and is almost black.
        ImportError: Pillow is not installed.
    """
    image = open_picture(data)
    if _is_deep(image):
        values = np.asarray(image)
        if values.min() < 0 or values.max() >= 2**16:
            raise PictureError(
                f"has values from {values.min()} to {values.max()}, expected "
                "shades of 8 or 16 bits"
            )
        # Pillow would clip the values instead of scaling them.
        grey = (values >> 8).astype(np.uint8)
        pixels = np.repeat(grey[..., None], 3, axis=-1)
    else:
        _refuse_fractions(image)
        pixels = np.asarray(image.convert("RGB"))
    if _is_deep(image) or bit_depth(data) == 16:
        problem = dark_problem(pixels)
        if problem:
            raise PictureError(problem)
    return turned(pixels, _tag(data, image))


def dark_problem(pixels: np.ndarray) -> str | None:
    """Why a picture of 16 bits cannot be meant like this.

    Args:
        pixels: (H, W, 3) uint8, the upper 8 bits.

    Returns:
        str to put after the name of the file, or None.
    """
    if pixels.max() >= _DARK:
        return None
    return (
        "has 16 bits a channel and next to black in the upper 8, expected "
        f"shades up to 65535. Got: none above {256 * int(pixels.max()) + 255}"
    )


def read_mask(data: bytes, *, soft: bool = False) -> np.ndarray:
    """Reads a mask, upright; see `mask_values` for the rule.

    Args:
        data: bytes of a file. It is grey of any depth, or it has colours. Of
            colours, the brightest channel counts.
        soft: bool; shades are wanted, see `mask_values.mask_problem`.

    Returns:
        (H, W) uint8; `mask_values.INSIDE` and higher levels are object.

    Raises:
        PictureError: the file is damaged, or it could mean something else.
        ImportError: Pillow is not installed.
    """
    image = open_picture(data)
    if _is_deep(image):
        values = np.asarray(image)
        problem = deep_problem(values)
        pixels = None if problem else (values >> 8).astype(np.uint8)
    else:
        _refuse_fractions(image)
        if bit_depth(data) == 16:
            raise PictureError(
                "has several channels of 16 bits, expected a mask of 8 bits, "
                "or grey of 16"
            )
        pixels, alpha = _split(image)
        problem = alpha_problem(levels_of(pixels), alpha)
    problem = problem or mask_problem(
        pixels, exact=is_lossless(data), soft=soft
    )
    if problem:
        raise PictureError(problem)
    return turned(levels_of(pixels), _tag(data, image))


def _split(image):
    """(H, W) or (H, W, 3) uint8 pixels and (H, W) alpha."""
    if image.mode in ("1", "L") and "transparency" not in image.info:
        pixels = np.asarray(image.convert("L"))
        return pixels, np.full(pixels.shape, 255, np.uint8)
    pixels = np.asarray(image.convert("RGBA"))
    return pixels[..., :3], pixels[..., 3]


def read_numbers(data: bytes) -> np.ndarray:
    """Reads a label map as numbers, upright.

    Args:
        data: bytes of a file of one channel: grey of 1 to 32 bits, or
            palette (whose numbers count, not its colours).

    Returns:
        (H, W) integers.

    Raises:
        PictureError: the file is damaged, it has colours, or its palette
            exchanges black and white.
        ImportError: Pillow is not installed.
    """
    image = open_picture(data)
    if not is_lossless(data):
        raise PictureError(
            "is a JPEG, which does not keep numbers; expected PNG"
        )
    if image.mode not in ("1", "L", "P") and not _is_deep(image):
        raise PictureError(
            f"has {len(image.getbands())} channels ({image.mode}), expected "
            "one whole number a pixel: grey or a palette"
        )
    values = np.asarray(image)
    if image.mode == "P":
        colours = image.convert("RGB").getcolors(2)
        # As a mask, its colours would mean the opposite of its numbers.
        if colours and {c for _, c in colours} == {(0,) * 3, (255,) * 3}:
            white = np.asarray(image.convert("L")) > 0
            if (values[white] == 0).any():
                raise PictureError(
                    "has a palette in which number 0 is white and number "
                    f"{values.max()} is black: its numbers and colours say "
                    "opposite things. Save it as grey"
                )
    elif image.mode == "L" and bit_depth(data) < 8:
        # Pillow spreads 2 and 4 bits over 0 to 255.
        values = values // (255 // (2 ** bit_depth(data) - 1))
    elif image.mode == "1":
        values = values.astype(np.uint8)
    return turned(values, _tag(data, image))


def _is_deep(image):
    return image.mode == "I" or image.mode[:2] == "I;"


def _refuse_fractions(image):
    if image.mode == "F":
        low, high = image.getextrema()
        raise PictureError(
            f"has fractions from {low:g} to {high:g}, expected whole numbers "
            "of 8 or 16 bits"
        )


def _tag(data, image):
    if data.startswith((PNG, JPEG)):
        return orientation(data)
    tag = image.getexif().get(ORIENTATION, 1)
    return tag if tag in TURNS else 1


def as_png(pixels: np.ndarray) -> bytes:
    """A plain PNG of (H, W), (H, W, 3) or (H, W, 4) uint8. Needs Pillow."""
    from PIL import Image

    file = io.BytesIO()
    picture = Image.fromarray(np.ascontiguousarray(pixels))
    picture.save(file, format="PNG", compress_level=1)
    return file.getvalue()


def resized(pixels: np.ndarray, height: int, width: int) -> np.ndarray:
    """A picture or mask of another size, bilinear. Needs Pillow.

    Args:
        pixels: (H, W) or (H, W, 3) uint8.
        height: int.
        width: int.

    Returns:
        The same type and number of dimensions.
    """
    from PIL import Image

    return np.asarray(
        Image.fromarray(np.ascontiguousarray(pixels)).resize(
            (width, height), Image.Resampling.BILINEAR
        )
    )


def binary(levels: np.ndarray) -> np.ndarray:
    """(H, W) levels of a mask to 0 and 255."""
    return np.where(levels >= INSIDE, 255, 0).astype(np.uint8)


def size_problem(
    size: tuple[int, int], expected: tuple[int, int], owner: str
) -> str | None:
    """Why a mask does not fit its image, both upright.

    Args:
        size: (height, width) of the mask.
        expected: (height, width) of the picture that it belongs to.
        owner: str, the name of this picture, such as "its image".

    Returns:
        str to put after the name of the mask, or None.
    """
    if tuple(size) == tuple(expected):
        return None
    return (
        f"is {size[0]} high and {size[1]} wide, but {owner} is "
        f"{expected[0]} high and {expected[1]} wide"
        f"{side_hint(size, expected)}"
    )


def side_hint(size: tuple[int, int], expected: tuple[int, int]) -> str:
    """A hint about two sizes that differ; empty if there is none."""
    if tuple(size) != tuple(expected)[::-1]:
        return ""
    return (
        ". Perhaps one of them lies on its side: sizes are those after the "
        "orientation tag of cameras (EXIF) is applied"
    )
