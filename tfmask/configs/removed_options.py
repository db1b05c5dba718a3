"""Options that older versions had: what is left of them."""

from typing import Any

# Names of old options. Every run now has this value.
REMOVED = {
    "method.update": "joint",
    "method.cam_signed": True,
    "method.cam_normalization": "min_max",
    "method.cam_merge": "max",
    "method.cam_floor": 0.0,
    "method.cam_every": 1,
}


def without_removed(group: str, options: dict[str, Any]) -> dict[str, Any]:
    """The options of a group of an older run that still are ones.

    Args:
        group: "method", "data", "optimizer" or "run".
        options: name to value, as in the run's config.

    Raises:
        ValueError: a removed option had another value than the one that is
            left.
    """
    present = {}
    for name, value in options.items():
        field = f"{group}.{name}"
        if field not in REMOVED:
            present[name] = value
        elif value != REMOVED[field]:
            raise ValueError(
                f"`{field}` is {value!r}, and only {REMOVED[field]!r} is left"
            )
    return present
