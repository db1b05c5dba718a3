"""Options and terminal output of all commands.

It uses only the standard library, because the commands of the client also need
it.
"""

import dataclasses
import functools
import io
import os
import pathlib
import select
import sys
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

T = TypeVar("T")
PathLike = TypeVar("PathLike", str, pathlib.Path)
# These options are text, because they can name other data than a folder.
LOCATIONS = ("data", "location")
READER_GONE = 141  # the code that a shell reports after SIGPIPE


def parse_command_line(
    options: type[T],
    argv: Sequence[str] | None,
    prog: str,
    default: T | None = None,
) -> T:
    """Reads a command line into a frozen dataclass.

    Args:
        options: dataclass; docstrings under its fields are the help texts.
            A `ValueError` of its `__post_init__` is a usage error.
        argv: the options. None: those of the process.
        prog: str, the command's name in messages.
        default: the values of options that are not given, in place of the
            defaults of the fields.

    Returns:
        An instance of `options`, with the home folder in place of `~` in
        every path.

    Raises:
        SystemExit: with code 2 for a usage error, 0 after `--help`.
    """
    import tyro

    try:
        return expand_paths(
            tyro.cli(options, args=argv, prog=prog, default=default)
        )
    except ValueError as error:
        # Newer versions of tyro do this themselves, older ones do not.
        print(f"{prog}: error: {error}", file=sys.stderr)
        raise SystemExit(2) from error


def parse_with_inputs(
    options: type[T], argv: Sequence[str] | None, prog: str
) -> tuple[T, dict[str, list[str]]]:
    """`parse_command_line` where options of other names are allowed, too.

    Args:
        options, argv, prog: see `parse_command_line`.

    Returns:
        (an instance of `options`, the other options: name with underscores
        to its values).

    Raises:
        SystemExit: see `parse_command_line`; or a value without an option.
    """
    import tyro

    try:
        known, rest = tyro.cli(
            options, args=argv, prog=prog, return_unknown_args=True
        )
        return expand_paths(known), _named(rest)
    except ValueError as error:
        print(f"{prog}: error: {error}", file=sys.stderr)
        raise SystemExit(2) from error


def require_least(options: Any, **least: float) -> None:
    """Refuses numbers that are too small.

    Args:
        options: object with these numbers. None is not checked.
        least: the smallest value of each.

    Raises:
        ValueError: it names the number, what was expected and what came.
    """
    for name, bound in least.items():
        value = getattr(options, name)
        if value is not None and not value >= bound:
            raise ValueError(f"`{name}` must be {bound} or more. Got: {value}")


def require_ports(options: Any, *names: str) -> None:
    """Refuses numbers that are no ports; see `require_least`."""
    for name in names:
        value = getattr(options, name)
        if value is not None and not 0 <= value <= 65535:
            raise ValueError(f"`{name}` must be 0 to 65535. Got: {value}")


def option_of(name: str) -> str:
    """`--exact-name` of `exact_name`."""
    return f"--{name.replace('_', '-')}"


def _named(words: Sequence[str]) -> dict[str, list[str]]:
    """["--x", "1", "2", "--y=3"] to {"x": ["1", "2"], "y": ["3"]}."""
    named: dict[str, list[str]] = {}
    for word in words:
        if word.startswith("--"):
            name, equals, value = word[2:].partition("=")
            values = named.setdefault(name.replace("-", "_"), [])
            values += [value] if equals else []
        elif named:
            values.append(word)
        else:
            raise ValueError(f"Expected an option. Got: {word!r}")
    return named


def expand_home(path: PathLike) -> PathLike:
    """A path with the home folder in place of `~` or `~USER`.

    The shell does not expand the `~` of `--run=~/first`. So a program that does
    not expand it makes a folder of that name.

    Args:
        path: str or path.

    Returns:
        The same type.

    Raises:
        ValueError: there is no such user.
    """
    text = os.path.expanduser(path)
    if text.startswith("~"):
        raise ValueError(
            f"`{path}` begins with ~, but no home folder is known for "
            f"`{text.partition(os.sep)[0]}`. If it is a name, write `./{path}`."
        )
    return type(path)(text)


def expand_paths(options: T) -> T:
    """Options with the home folder in place of `~` in every path.

    Args:
        options: dataclass. Its fields may hold paths, tuples of paths and other
            dataclasses. Texts are paths only if they are in `LOCATIONS`.

    Returns:
        The same dataclass.

    Raises:
        ValueError: see `expand_home`.
    """
    changed = {}
    for field in dataclasses.fields(options):
        value = getattr(options, field.name)
        expanded = _expanded(value, field.name)
        if expanded is not value:
            changed[field.name] = expanded
    return dataclasses.replace(options, **changed) if changed else options


def _expanded(value: Any, name: str) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return expand_paths(value)
    if isinstance(value, tuple):
        expanded = tuple(_expanded(item, name) for item in value)
        return expanded if expanded != value else value
    is_path = isinstance(value, pathlib.Path) or (
        isinstance(value, str) and name in LOCATIONS
    )
    if is_path and str(value).startswith("~"):
        return expand_home(value)
    return value


def on_terminal(main: Callable[..., int]) -> Callable[..., int]:
    """Lets a command get on with whatever reads its output.

    Characters that cannot be shown become escapes. If the reader ends first
    (`tfmask --help | head -1`), the command ends without a message.

    Args:
        main: function that returns an exit code; this decorates it.

    Returns:
        A function of the same arguments.
    """

    @functools.wraps(main)
    def run(*arguments, **options):
        show_any_character()
        try:
            try:
                return main(*arguments, **options)
            finally:
                # When Python ends, the error could not be caught any more.
                for stream in filter(None, (sys.stdout, sys.stderr)):
                    stream.flush()
        except BrokenPipeError:
            gone = [s for s in (sys.stdout, sys.stderr) if _reader_gone(s)]
            if not gone:
                raise
            nowhere = os.open(os.devnull, os.O_WRONLY)
            for stream in gone:  # Python writes the rest at its end
                os.dup2(nowhere, stream.fileno())
            os.close(nowhere)
            return READER_GONE

    return run


def _reader_gone(stream):
    """Whether nobody can read any more what is written."""
    try:
        poll = select.poll()
        poll.register(stream.fileno(), 0)
    except (AttributeError, OSError, ValueError):
        return False  # no stream, none of the system's, or no such call here
    return bool(poll.poll(0))


def show_any_character() -> None:
    """Makes stdout and stderr print what they cannot show as an escape.

    If a terminal or a file name is not UTF-8, a command would end with a
    traceback, often after all of its work.
    """
    for stream in (sys.stdout, sys.stderr):
        # Other streams, for example in a notebook, take any text.
        if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="backslashreplace")
