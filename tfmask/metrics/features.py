"""Checks of the inputs of all distances between sets of features."""

import numpy as np


def checked_features(name, features, least=2):
    """A set of features, after checks.

    Args:
        name: str, the name of the set in error messages.
        features: (N, D) array with one image in each row; any N and D.
        least: int, the smallest N that makes sense.

    Returns:
        (N, D) array. float32 and float64 stay as they are. Other types become
        float64.

    Raises:
        ValueError: the rank is wrong, there are too few rows, or a value is NaN
            or infinite.
    """
    features = np.asarray(features)
    if features.ndim != 2 or features.shape[1] == 0:
        raise ValueError(
            f"`{name}` must be (N, D), one image a row. Got: {features.shape}"
        )
    if len(features) < least:
        raise ValueError(
            f"`{name}` must have {least} rows or more. Got: {len(features)}"
        )
    if features.dtype not in (np.float32, np.float64):
        features = features.astype(np.float64)
    # This goes row by row. A mask of all values would take a quarter of the
    # memory of the features.
    bad = [n for n, row in enumerate(features) if not np.isfinite(row).all()]
    if bad:
        raise ValueError(
            f"`{name}` must be finite. Got NaN or infinity in {len(bad)} of "
            f"{len(features)} rows, the first is {bad[0]}"
        )
    return features


def checked_pair(first, second, least=2):
    """Two sets of features of one width; see `checked_features`."""
    first = checked_features("first", first, least)
    second = checked_features("second", second, least)
    if first.shape[1] != second.shape[1]:
        raise ValueError(
            "`first` and `second` must have equally many features. "
            f"Got: {first.shape[1]} and {second.shape[1]}"
        )
    return first, second
