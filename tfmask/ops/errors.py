"""The exception that a command shows as one line, without a traceback."""

import difflib
from collections.abc import Iterable


class UserError(ValueError):
    """Something the user can put right: a file, an option, an argument.

    Commands print its text on stderr and exit with code 1. The text names the
    file or option. It says what was expected, what came and what to do.
    """


def unknown_name(kind: str, name: str, known: Iterable[str]) -> UserError:
    """Error for a name that does not exist, with the nearest ones that do.

    Args:
        kind: the kind of the name, for example "method".
        name: the name that the user wrote.
        known: the names that exist.

    Returns:
        `UserError`. The caller must raise it.
    """
    known = sorted(known)
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    hint = f" Did you mean: {', '.join(near)}?" if near else ""
    return UserError(
        f"Unknown {kind} `{name}`.{hint} Known: {', '.join(known)}."
    )
