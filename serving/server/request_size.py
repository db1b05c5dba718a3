"""The size of a request, read before anything of it is built or decoded."""

import math
from collections.abc import Mapping
from typing import NamedTuple

from serving.protocol import tensors
from serving.protocol.image_headers import read_header, starts_like_image
from serving.protocol.status import INVALID_ARGUMENT, CallError

# The limit for all images of one request together, as in an export: one
# photograph of 16 megapixels.
MAX_IMAGE_PIXELS = 2**24
# The memory of one pixel in a model that was not measured. The smallest preset
# takes about 400.
BYTES_PER_PIXEL = 512
# Copies of a message's values: as they came, as arrays, as tensors, answered.
_COPIES = 8
_CHANNELS = 4  # the most that a last dimension can be, to be no size


class RequestSize(NamedTuple):
    """How large a request is.

    Attributes:
        pixels: int, of all its images.
        other_bytes: int, bytes of its values that are not pixels of images.
        largest: str, its largest image in words.
        encoded: bool, this image is a file.
    """

    pixels: int
    other_bytes: int
    largest: str
    encoded: bool

    def memory(self, bytes_per_pixel: float) -> int:
        """Bytes that the request takes while it runs."""
        return int(self.pixels * bytes_per_pixel) + _COPIES * self.other_bytes

    def check(self, max_pixels: int) -> None:
        """Refuses a request that is too large.

        Args:
            max_pixels: int, the limit for all of its images together.

        Raises:
            CallError: INVALID_ARGUMENT.
        """
        if self.pixels <= max_pixels:
            return
        what, do = ("encoded images claim", "are decoded")
        if not self.encoded:
            what, do = "images have", "are taken"
        raise CallError(
            INVALID_ARGUMENT,
            f"The {what} {self.pixels} pixels or more (one is {self.largest}). "
            f"At most {max_pixels} in one request {do}.",
        )


def read_request_size(inputs: Mapping, max_pixels: int) -> RequestSize:
    """Measures the inputs of a request.

    Tensors that the reader will refuse count as 0. The reader reports their
    error.

    Args:
        inputs: input name to `TensorProto`.
        max_pixels: int. After the first file that has more, no other file is
            measured.

    Returns:
        `RequestSize`.

    Raises:
        CallError: INVALID_ARGUMENT; the size of an image cannot be read. It
            could have any size.
    """
    pixels, other_bytes, most, largest, encoded = 0, 0, -1, "", False
    for name, proto in inputs.items():
        other_bytes += proto.ByteSize()
        if proto.dtype == tensors.STRING.number:
            counts = _files(name, proto, max_pixels)
        else:
            counts = [_array(proto)]
        for count, extra, words in counts:
            pixels, other_bytes = pixels + count, other_bytes + extra
            if count > most:
                most, largest = count, words
                encoded = proto.dtype == tensors.STRING.number
    return RequestSize(pixels, other_bytes, largest, encoded)


def _array(proto):
    """(pixels, further bytes, words) of a tensor of numbers."""
    nothing = 0, 0, "none"
    kind = tensors.DATA_TYPES.get(proto.dtype)
    shape = [dim.size for dim in proto.tensor_shape.dim]
    if kind is None or any(size < 0 for size in shape):
        return nothing
    elements, sent = math.prod(shape), proto.ByteSize()
    missing = elements * kind.storage.itemsize - sent * kind.storage.itemsize
    if missing > tensors.MAX_GROWTH_BYTES:
        return nothing
    words = "x".join(map(str, shape))
    if len(shape) < 3:
        # It is no image. The reader fills up values that are not sent.
        return 0, max(elements * kind.storage.itemsize - sent, 0), words
    if shape[-1] <= _CHANNELS:
        elements = math.prod(shape[:-1])
    return elements, 0, words


def _files(name, proto, max_pixels):
    """(pixels, further bytes, words) of each string of a tensor."""
    counts, total = [], 0
    if proto.tensor_content:
        # The reader counts strings that are sent in this form.
        try:
            items = tensors.from_proto(proto).array.reshape(-1).tolist()
        except tensors.TensorError:
            return []
    else:
        items = proto.string_val
    for index, item in enumerate(items):
        header = read_header(item)
        if header is None:
            if starts_like_image(item):
                raise CallError(
                    INVALID_ARGUMENT,
                    f"{name}: no size can be read of image {index}, counted "
                    "from 0. It is damaged, or cut off.",
                )
            continue
        words = f"{header.width} x {header.height}"
        counts.append((header.pixels, 0, words))
        total += header.pixels
        if total > max_pixels:
            break
    # If a tensor has more strings than were sent, the last one is repeated.
    claimed = math.prod(dim.size for dim in proto.tensor_shape.dim)
    missing = max(claimed - len(items), 0) * tensors.STRING_BYTES
    if 0 < missing <= tensors.MAX_GROWTH_BYTES:
        pixels, _, words = counts[-1] if counts else (0, 0, "none")
        times = missing // tensors.STRING_BYTES
        counts.append((pixels * times, missing, words))
    return counts
