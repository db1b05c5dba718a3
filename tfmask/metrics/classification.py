"""How often a classifier sees in an image what should be there."""

import numpy as np


def classification_accuracy(predicted, true):
    """Share of the images of which EVERY attribute is right.

    It is LOMIT's classification accuracy (LOMIT prints percent). There each
    image gets the look of another image. It is right if it has all attributes
    of that image. Print the score beside the share of the same classifier on
    real images.

    Args:
        predicted: (N,) classes or (N, K) attributes, bool or integer.
        true: the wanted classes or attributes, in the same form.

    Returns:
        float in [0, 1].

    Raises:
        ValueError: the shapes differ, there is no image, or the values are
            scores and not yes or no.

    Paper: LOMIT, Table 1.
    Differs from the paper: the paper does not say how several attributes count.
    """
    predicted, true = np.asarray(predicted), np.asarray(true)
    if predicted.shape != true.shape or predicted.ndim not in (1, 2):
        raise ValueError(
            "`predicted` and `true` must both be (N,) or (N, K). "
            f"Got: {predicted.shape} and {true.shape}"
        )
    if predicted.size == 0:
        raise ValueError(f"There is no image. Got: {predicted.shape}")
    for name, values in (("predicted", predicted), ("true", true)):
        if values.dtype.kind not in "biu":
            raise ValueError(
                f"`{name}` must be bool or integer: scores have to be cut at "
                f"a threshold first. Got: {values.dtype}"
            )
    right = predicted == true
    return float(np.mean(right.reshape(len(right), -1).all(axis=1)))
