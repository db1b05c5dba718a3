"""Convolutions written from their definitions, in NumPy."""

import numpy as np


def convolution(image, kernel, stride=1, before=0, after=0, mode="constant"):
    """Cross-correlation: `y[i, j] = sum x[stride i + a, ...] k[a, ...]`.

    Args:
        image: (B, H, W, C), padded by `before` at the top and left and by
            `after` at the bottom and right.
        kernel: (height, width, C, filters).
        stride: int.
        before: int.
        after: int.
        mode: of `np.pad`.
    """
    sides = (before, after)
    image = np.pad(image, ((0, 0), sides, sides, (0, 0)), mode)
    size = kernel.shape[0]
    rows = (image.shape[1] - size) // stride + 1
    columns = (image.shape[2] - size) // stride + 1
    output = np.zeros((len(image), rows, columns, kernel.shape[-1]))
    for i in range(rows):
        for j in range(columns):
            top, left = stride * i, stride * j
            window = image[:, top : top + size, left : left + size]
            output[:, i, j] = np.einsum("bijc,ijcf->bf", window, kernel)
    return output


def full_transposed_convolution(image, kernel):
    """Transposed convolution of stride 2 without a crop.

    Args:
        image: (B, H, W, C).
        kernel: (side, side, filters, C).

    Returns:
        (B, 2H - 2 + side, 2W - 2 + side, filters).
    """
    batch, height, width, _ = image.shape
    side = len(kernel)
    shape = (batch, 2 * height - 2 + side, 2 * width - 2 + side)
    shape = (*shape, kernel.shape[2])
    output = np.zeros(shape)
    for i in range(height):
        for j in range(width):
            stamp = np.einsum("bc,ijfc->bijf", image[:, i, j], kernel)
            output[:, 2 * i : 2 * i + side, 2 * j : 2 * j + side] += stamp
    return output


def instance_normalization(image, epsilon=1e-5):
    """Mean 0 and biased variance 1 over height and width."""
    mean = image.mean((1, 2), keepdims=True)
    return (image - mean) / np.sqrt(image.var((1, 2), keepdims=True) + epsilon)
