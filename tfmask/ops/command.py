"""What every command shares: its options and how it fails."""

import errno
import functools
import sys

from tfmask.ops.errors import UserError

INTERRUPTED = 130  # what a shell reports for Ctrl-C


def parse_options(options, argv, verb):
    """Reads a command line into a frozen dataclass.

    Args:
        options: dataclass; docstrings under its fields are the help texts.
            A `ValueError` of its `__post_init__` is a usage error.
        argv: list of str, or None for the process's own.
        verb: str, the command's name in messages.

    Returns:
        An instance of `options`.

    Raises:
        SystemExit: with code 2 for a usage error, 0 after `--help`.
    """
    import tyro

    try:
        return tyro.cli(options, args=argv, prog=f"tfmask {verb}")
    except ValueError as error:
        # Newer versions of tyro do this themselves, older ones do not.
        print(f"tfmask {verb}: error: {error}", file=sys.stderr)
        raise SystemExit(2) from error


def command(function):
    """Turns a user's errors into one line on stderr and exit code 1.

    Decorates `main(argv=None) -> int`. Anything but `UserError`, `OSError`
    and Ctrl-C is a bug and keeps its traceback.
    """

    @functools.wraps(function)
    def guarded(argv=None):
        try:
            return function(argv)
        except UserError as error:
            message = str(error)
        except OSError as error:
            message = os_error_message(error)
        except KeyboardInterrupt:
            print("tfmask: interrupted", file=sys.stderr)
            return INTERRUPTED
        print(f"tfmask: error: {message}", file=sys.stderr)
        return 1

    return guarded


def os_error_message(error):
    """An `OSError` in words: the reason and the file it is about."""
    if error.errno == errno.ENOSPC:
        where = f" that holds `{error.filename}`" if error.filename else ""
        return f"No space left on the device{where}. Free some and try again."
    if error.filename and error.strerror:
        return f"{error.strerror}: `{error.filename}`"
    return str(error)
