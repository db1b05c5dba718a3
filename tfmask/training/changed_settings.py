"""Compares the settings of a run with those of the resumed run."""


def changed_settings(before, now):
    """How settings differ, for people.

    Args:
        before: dict, read from JSON.
        now: dict for JSON.

    Returns:
        str like "steps 400, now 600"; "" if nothing differs.
    """
    return ", ".join(
        f"{name} {before.get(name)!r}, now {value!r}"
        for name, value in now.items()
        if before.get(name) != value
    )
