"""Every failure of a user: one line, the right exit code, no traceback."""

import dataclasses
import errno

import pytest

from tfmask.ops.command import command, parse_options
from tfmask.ops.errors import UserError


@dataclasses.dataclass(frozen=True)
class Options:
    """An example."""

    limit: int = 1
    """Images."""

    def __post_init__(self):
        if self.limit < 1:
            raise ValueError(f"`limit` must be 1 or more. Got: {self.limit}")


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (UserError("no such run"), 1, "tfmask: error: no such run"),
        (
            PermissionError(errno.EACCES, "Permission denied", "a.json"),
            1,
            "tfmask: error: Permission denied: `a.json`",
        ),
        (
            OSError(errno.ENOSPC, "No space left on device", "b.png"),
            1,
            "tfmask: error: No space left on the device that holds `b.png`.",
        ),
        (OSError("odd"), 1, "tfmask: error: odd"),
        (KeyboardInterrupt(), 130, "tfmask: interrupted"),
    ],
)
def test_errors_become_a_line_and_an_exit_code(error, code, message, capsys):
    @command
    def main(argv=None):
        raise error

    assert main([]) == code
    written = capsys.readouterr()
    assert written.err.startswith(message) and written.out == ""
    assert written.err.count("\n") == 1


def test_a_bug_keeps_its_traceback():
    @command
    def main(argv=None):
        raise KeyError("bug")

    with pytest.raises(KeyError):
        main([])


def test_success_passes_through():
    assert command(lambda argv=None: 0)([]) == 0


@pytest.mark.parametrize(
    "argv", [["--limit", "0"], ["--limit", "x"], ["--limt", "3"]]
)
def test_wrong_usage_exits_with_code_two(argv, capsys):
    with pytest.raises(SystemExit) as stopped:
        parse_options(Options, argv, "test")
    assert stopped.value.code == 2
    written = capsys.readouterr()
    assert "limit" in written.err + written.out
    assert "Traceback" not in written.err


def test_options_are_read():
    assert parse_options(Options, ["--limit", "3"], "test") == Options(3)
