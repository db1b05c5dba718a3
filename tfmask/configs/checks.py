"""Range checks that the config dataclasses share."""


def require(condition: bool, field: str, expected: str, got: object) -> None:
    """Raises a `ValueError` that names the field, unless `condition` holds."""
    if not condition:
        raise ValueError(f"`{field}` must be {expected}. Got: {got!r}")


def require_positive(config: object, *fields: str) -> None:
    """Checks that every named field is above zero, or None."""
    for field in fields:
        value = getattr(config, field)
        require(value is None or value > 0, field, "above 0", value)


def require_not_negative(config: object, *fields: str) -> None:
    """Checks that every named field is zero or more, or None."""
    for field in fields:
        value = getattr(config, field)
        require(value is None or value >= 0, field, "0 or more", value)


def require_fraction(config: object, *fields: str) -> None:
    """Checks that every named field lies in [0, 1), or is None."""
    for field in fields:
        value = getattr(config, field)
        require(value is None or 0 <= value < 1, field, "in [0, 1)", value)
