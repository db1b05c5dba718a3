"""Which network gives features: what commands let one choose."""

from typing import Literal

# These networks give features. They are an option of commands.
Features = Literal["inception", "random-inception", "classifier"]


def check_weights(features, weights):
    """Raises a `ValueError` where only one of two options is given.

    Args:
        features: one of `Features`, or None.
        weights: path or None.
    """
    if (features in ("inception", "classifier")) != (weights is not None):
        raise ValueError(
            "`--features inception` and `--features classifier` need "
            "`--weights`. All others take none. Got: "
            f"{features} and {weights}"
        )


def open_network(features, weights):
    """The network that two checked options ask for.

    Args:
        features: one of `Features`.
        weights: path or None.

    Returns:
        `FeatureNetwork`.

    Raises:
        UserError: `weights` belong to another network, or they are broken.
    """
    if features == "classifier":
        from tfmask.evaluation.trained_classifier import classifier_features

        return classifier_features(weights)
    from tfmask.evaluation.inception import open_inception, random_inception

    return random_inception() if weights is None else open_inception(weights)
