"""Checks of arguments that several modules share; without TensorFlow."""

from tfmask.ops.arrays import MIN_SIDE
from tfmask.ops.errors import UserError

DOMAINS = ("a", "b")
SPLITS = ("train", "test")


def size_pair(name, value):
    """int or (height, width) as (height, width), at least `MIN_SIDE`."""
    size = (value, value) if isinstance(value, int) else tuple(value)
    if len(size) != 2 or min(size) < MIN_SIDE:
        raise UserError(
            f"`{name}` must be an int or (height, width), at least "
            f"{MIN_SIDE}. Got: {value}."
        )
    return tuple(int(side) for side in size)


def check_seed(seed):
    """Raises `UserError` for a negative seed."""
    if seed < 0:
        raise UserError(f"`seed` must be 0 or more. Got: {seed}.")
