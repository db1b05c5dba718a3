"""The rules of models that have several answers to one image.

A number or another image chooses an answer. The client and the commands use
these rules. This module uses only the standard library.
"""

from collections.abc import Sequence


def clash(images: Sequence[str], numbers: Sequence[str]) -> str | None:
    """Why two choices of one look do not go together.

    Args:
        images: names of the images that were given in place of a number.
        numbers: names of the numbers that were given.

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
        owner: str, the thing that translates.
        samples: int, how many answers each image gets.
        first: int, the number of the first answer. None: there is only one
            answer.
        images: names of the images that were given in place of a number.

    Returns:
        range. None for one answer, because it has no number.

    Raises:
        ValueError: there is only one answer, or an image chooses it.
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
