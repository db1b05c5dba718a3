"""A constructor's arguments, read back from the attributes."""

import pytest

from tfmask.ops.arguments import constructor_arguments


class Example:
    def __init__(self, first, *, second=2, **kwargs):
        self.first = first
        self.second = second
        self.third = kwargs


def test_named_arguments_only():
    example = Example(1, second=5, more=6)
    assert constructor_arguments(example) == {"first": 1, "second": 5}
    assert vars(Example(**constructor_arguments(example))) == {
        "first": 1,
        "second": 5,
        "third": {},
    }


def test_an_argument_that_was_not_kept_is_an_error():
    example = Example(1)
    del example.second
    with pytest.raises(AttributeError, match="second"):
        constructor_arguments(example)
