"""Options and terminal output of all commands.

Uses the standard library only: the client's commands need it, too.
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
# Options that are text, because they can name other data than a folder.
LOCATIONS = ("data", "location")
READER_GONE = 141  # what a shell reports for a program that SIGPIPE ended


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
        argv: the options, or None for the process's own.
        prog: str, the command's name in messages.
        default: what holds for options that are not given, in place of the
            fields' own defaults.

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

    The shell leaves the `~` of `--run=~/first` alone, so a program that does
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
        options: dataclass; its fields may hold paths, tuples of paths and
            other dataclasses. Of texts, those in `LOCATIONS` are paths.

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

    Characters that cannot be shown become escapes. Where the reader goes away
    first (`tfmask --help | head -1`), the command ends without a word.

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
                # When Python ends, it could not be caught any more.
                for stream in filter(None, (sys.stdout, sys.stderr)):
                    stream.flush()
        except BrokenPipeError:
            gone = [s for s in (sys.stdout, sys.stderr) if _reader_gone(s)]
            if not gone:
                raise
            nowhere = os.open(os.devnull, os.O_WRONLY)
            for stream in gone:  # the rest, which Python writes at its end
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

    A terminal that is not UTF-8, or a file name that is not, would end a
    command in a traceback, often after all of its work.
    """
    for stream in (sys.stdout, sys.stderr):
        # A stream of another kind, as of a notebook, takes any text.
        if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="backslashreplace")
