"""Code that all commands share: reading options and reporting failures."""

import errno
import functools
import sys

from serving.commands.command_line import on_terminal, parse_command_line
from tfmask.ops.errors import UserError

INTERRUPTED = 130  # the code that a shell reports for Ctrl-C


def parse_options(options, argv, verb):
    """The options of `tfmask VERB`; see `parse_command_line`."""
    return parse_command_line(options, argv, f"tfmask {verb}")


def command(function):
    """Turns a user's errors into one line on stderr and exit code 1.

    It decorates `main(argv=None, **injected) -> int`. All errors except
    `UserError`, `OSError` and Ctrl-C are bugs and keep their traceback.
    """

    @on_terminal
    @functools.wraps(function)
    def guarded(argv=None, **injected):
        try:
            return function(argv, **injected)
        except UserError as error:
            message = str(error)
        except BrokenPipeError:
            raise
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
