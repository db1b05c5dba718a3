"""The features of the fact sheet's section 10: no random numbers."""

import numpy as np


def sines(rows, width):
    """(rows, width) float64: sin(0.7 i + 1.3 j + 0.1 i j)."""
    i, j = np.ogrid[:rows, :width]
    return np.sin(0.7 * i + 1.3 * j + 0.1 * i * j)


def cosines(rows, width):
    """(rows, width) float64: cos(0.5 i - 0.9 j + 0.07 i j) + 0.2."""
    i, j = np.ogrid[:rows, :width]
    return np.cos(0.5 * i - 0.9 * j + 0.07 * i * j) + 0.2
