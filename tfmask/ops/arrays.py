"""Value ranges of images, in NumPy: the twins of `tfmask.ops.images`."""

import numpy as np

# In smaller images, the bottleneck of a stride-4 network is a single pixel.
# Instance normalisation turns it into zeros, and reflection padding fails.
MIN_SIDE = 8
# The largest request of an exported version is a photograph of 16 megapixels.
MAX_PIXELS = 2**24


def smallest_side(multiple):
    """The least pixels a side of an image may have.

    Padding by reflection to the next multiple of `multiple` needs more than
    half of `multiple`.
    """
    return max(MIN_SIDE, multiple // 2 + 1)


def to_float(images):
    """uint8 array in 0..255 to float32 in [-1, 1]."""
    return np.asarray(images, np.float32) / 127.5 - 1.0


def mask_to_float(masks):
    """uint8 array in 0..255 to float32 in [0, 1]."""
    return np.asarray(masks, np.float32) / 255.0


def image_to_uint8(images):
    """Float array in [-1, 1] to uint8, clipped and rounded."""
    images = np.clip(np.asarray(images, np.float32), -1.0, 1.0)
    return np.round((images + 1.0) * 127.5).astype(np.uint8)


def mask_to_uint8(masks):
    """Float mask in [0, 1] to uint8 in 0..255, rounded."""
    masks = np.clip(np.asarray(masks, np.float32), 0.0, 1.0)
    return np.round(masks * 255.0).astype(np.uint8)
