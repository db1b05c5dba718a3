"""One reader of image files: pictures, masks and label maps.

TensorFlow decodes plain files in the same way, and faster. Some files need this
module: files that TensorFlow reads in another way (the orientation tag of
cameras, some BMP), and files that must be checked before bits or channels are
dropped. It needs Pillow, except for functions that read only headers. So
`serving.client` works without Pillow.
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

if TYPE_CHECKING:
    from PIL import Image

_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8"
_BMP = b"BM"
_ORIENTATION = 0x0112
# Orientation to three flags: exchange rows and columns, then flip upside down,
# then flip left to right.
TURNS = {
    1: (False, False, False),
    2: (False, False, True),
    3: (False, True, True),
    4: (False, True, False),
    5: (True, False, False),
    6: (True, False, True),
    7: (True, True, True),
    8: (True, True, False),
}
# If all values of a picture of 16 bits are below this after the change to 8
# bits, it is almost black.
_DARK = 16


class PictureError(ValueError):
    """The fault of a file, in words that follow its name."""


def orientation(data: bytes) -> int:
    """The orientation tag (EXIF) of a file; 1 where there is none.

    Args:
        data: bytes of an image file.

    Returns:
        int from 1 to 8, a key of `TURNS`.
    """
    try:
        if data.startswith(_JPEG):
            return _orientation(_jpeg_exif(data))
        if data.startswith(_PNG):
            return _orientation(_png_chunk(data, b"eXIf"))
    except (struct.error, IndexError):
        pass  # the file is cut off; the decoder reports it
    return 1


def _jpeg_exif(data):
    at = 2
    while data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:  # padding
            at += 1
            continue
        if marker in (0xD9, 0xDA):  # the pixels begin
            return None
        size = struct.unpack_from(">H", data, at + 2)[0]
        if marker == 0xE1 and data[at + 4 : at + 10] == b"Exif\0\0":
            return data[at + 10 : at + 2 + size]
        at += 2 + size
    return None


def _png_chunk(data, wanted):
    at = len(_PNG)
    while at + 8 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        if kind == wanted:
            return data[at + 8 : at + 8 + size]
        at += 12 + size
    return None


def _orientation(exif):
    order = {b"II*\0": "<", b"MM\0*": ">"}.get((exif or b"")[:4])
    if order is None:
        return 1
    at = struct.unpack_from(order + "I", exif, 4)[0]
    for number in range(struct.unpack_from(order + "H", exif, at)[0]):
        tag, kind = struct.unpack_from(order + "HH", exif, at + 2 + 12 * number)
        if tag == _ORIENTATION and kind == 3:
            where = at + 10 + 12 * number
            value = struct.unpack_from(order + "H", exif, where)[0]
            return value if value in TURNS else 1
    return 1


def turned(pixels: np.ndarray, tag: int) -> np.ndarray:
    """Brings an image upright.

    Args:
        pixels: (H, W) or (H, W, C) array, as stored.
        tag: int, of `orientation`.

    Returns:
        array, upright.
    """
    swap, down, mirror = TURNS[tag]
    if swap:
        pixels = np.swapaxes(pixels, 0, 1)
    return pixels[:: -1 if down else 1, :: -1 if mirror else 1]


def bit_depth(data: bytes) -> int:
    """Bits a channel of a PNG; 8 of any other file."""
    return data[24] if data.startswith(_PNG) and len(data) > 24 else 8


def is_grey(data: bytes) -> bool:
    """Whether a file is a PNG of one channel of shades."""
    return data.startswith(_PNG) and data[25:26] == b"\0"


def is_lossless(data: bytes) -> bool:
    """Whether a file keeps every value: all but JPEGs."""
    return not data.startswith(_JPEG)


def decodes_right(data: bytes) -> bool:
    """Whether TensorFlow's decoder gives an image the right colours.

    For BMP, it does only with 24 bits and no compression. It reads the numbers
    of a palette as grey, and it assumes one order of channels.
    """
    if not data.startswith(_BMP) or len(data) < 34:
        return True
    header, bits, packed = (
        struct.unpack_from(form, data, at)[0]
        for form, at in (("<I", 14), ("<H", 28), ("<I", 30))
    )
    return header >= 40 and bits == 24 and packed == 0


def is_plain_image(data: bytes) -> bool:
    """Whether TensorFlow decodes an image as `read_image` does."""
    return (
        decodes_right(data) and orientation(data) == 1 and bit_depth(data) < 16
    )


def is_plain_mask(data: bytes) -> bool:
    """Whether nothing is lost when a mask is decoded as an RGB image.

    This holds for JPEGs, for BMP of 24 bits, and for PNG of 8 bits that are
    grey or RGB without transparency. The orientation tag is a separate check.
    """
    if data.startswith(_JPEG):
        return True
    if data.startswith(_PNG) and len(data) > 25:
        plain = data[24] == 8 and data[25] in (0, 2)
        return plain and _png_chunk(data, b"tRNS") is None
    return data.startswith(_BMP) and decodes_right(data)


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
    if not data.startswith(_BMP) or len(data) < 54:
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
    if data.startswith((_PNG, _JPEG)):
        return orientation(data)
    tag = image.getexif().get(_ORIENTATION, 1)
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
