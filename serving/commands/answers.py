"""The rules of models that have several answers to one image.

A number chooses an answer, or another image does. Client and commands ask
here; it uses the standard library only.
"""

from collections.abc import Sequence


def clash(images: Sequence[str], numbers: Sequence[str]) -> str | None:
    """Why two choices of one look do not go together.

    Args:
        images: names of the images that were given in place of a number.
        numbers: names of what was given of numbers.

    Returns:
        str, or None.
    """
    if not images or not numbers:
        return None
    return (
        f"{numbers[0]} and {images[0]} do not go together: the look is that "
        "of the image, or a random one."
    )


def numbers_of_samples(
    owner: str,
    samples: int,
    first: int | None,
    images: Sequence[str],
) -> range | None:
    """The numbers of an image's answers.

    Args:
        owner: str, what translates.
        samples: int, answers to each image.
        first: int, the number of the first; None: there is one answer alone.
        images: names of the images that were given in place of a number.

    Returns:
        range; None for one answer, which has no number of its own.

    Raises:
        ValueError: there are no several answers, or an image decides.
    """
    if samples == 1:
        return None
    if first is None:
        raise ValueError(
            f"{owner} has one answer to an image; leave --samples out."
        )
    problem = clash(images, ["--samples"])
    if problem:
        raise ValueError(problem)
    return range(first, first + samples)
