"""Options of older versions that are removed.

An old run with such an option still loads if the option has the value that all
runs have now.
"""

from typing import Any

# Name of a removed option to the value that every run now has.
REMOVED = {
    "method.update": "joint",
    "method.cam_signed": True,
    "method.cam_normalization": "min_max",
    "method.cam_merge": "max",
    "method.cam_floor": 0.0,
    "method.cam_every": 1,
}


def without_removed(group: str, options: dict[str, Any]) -> dict[str, Any]:
    """The options of an older run's group without the removed ones.

    Args:
        group: "method", "data", "optimizer" or "run".
        options: name to value, as in the run's config.

    Raises:
        ValueError: a removed option had another value than every run has now.
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
