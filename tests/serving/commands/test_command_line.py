"""Home folders in options, and terminals that cannot show a character."""

import argparse
import dataclasses
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from serving.commands.command_line import (
    READER_GONE,
    expand_home,
    expand_paths,
    on_terminal,
    parse_command_line,
    parse_with_inputs,
    require_least,
    require_ports,
    show_any_character,
)


@dataclasses.dataclass(frozen=True)
class Group:
    """A part of the options."""

    location: str = ""
    """A folder or `synthetic`."""


@dataclasses.dataclass(frozen=True)
class Options:
    """An example."""

    run: Path
    """One path."""
    score: tuple[Path, ...] = ()
    """Many paths."""
    json: Path | None = None
    """Perhaps a path."""
    data: str = "synthetic"
    """A folder or `synthetic`."""
    name: str = ""
    """No path."""
    group: Group = Group()
    """More options."""


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def test_every_path_of_the_options_gets_the_home_folder(home):
    line = [
        "--run=~/r",
        "--score",
        "~/1.json",
        "2.json",
        "--json=~",
        "--data=~/d",
        "--name=~/n",
        "--group.location=~/e",
    ]
    assert parse_command_line(Options, line, "test") == Options(
        run=home / "r",
        score=(home / "1.json", Path("2.json")),
        json=home,
        data=f"{home}/d",
        name="~/n",
        group=Group(f"{home}/e"),
    )


def test_defaults_of_the_caller(home):
    default = Options(Path("r"), name="own")
    options = parse_command_line(Options, ["--data=~/d"], "test", default)
    assert options == Options(Path("r"), name="own", data=f"{home}/d")


def test_other_options_stay_the_same_object():
    options = Options(Path("a~b"), (Path("x/~"),))
    assert expand_paths(options) is options


def test_the_kind_of_a_path_stays(home):
    assert expand_home("~/a") == f"{home}/a"
    assert expand_home(Path("~/a")) == home / "a"


def test_an_unknown_user_is_a_usage_error(capsys):
    with pytest.raises(SystemExit) as stopped:
        parse_command_line(Options, ["--run=~no-such-user/r"], "tfmask test")
    assert stopped.value.code == 2
    written = capsys.readouterr()
    text = " ".join((written.out + written.err).split())
    assert "`~no-such-user`" in text and "./~no-such-user/r" in text


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [
        ("ascii", r"b\xe4ume \u65e5 \udce4"),
        ("latin-1", r"bäume \u65e5 \udce4"),
        ("utf-8", r"bäume 日 \udce4"),
    ],
)
def test_a_terminal_gets_escapes_for_what_it_cannot_show(
    monkeypatch, encoding, shown
):
    written = io.BytesIO()
    stream = io.TextIOWrapper(written, encoding=encoding, write_through=True)
    monkeypatch.setattr(sys, "stdout", stream)
    show_any_character()
    print("bäume 日 \udce4", end="")
    assert written.getvalue().decode(encoding) == shown


def test_a_stream_of_another_kind_is_left_alone(monkeypatch):
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    show_any_character()
    print("日")
    assert sys.stdout.getvalue() == "日\n"


def test_options_of_other_names_are_inputs():
    line = ["--numbers", "1", "-1", "0", "--run", "r", "--a-mask=m.png"]
    options, inputs = parse_with_inputs(Options, line, "tfmask test")
    assert options.run == Path("r")
    assert inputs == {"numbers": ["1", "-1", "0"], "a_mask": ["m.png"]}


def test_a_word_without_an_option_is_told(capsys):
    with pytest.raises(SystemExit) as error:
        parse_with_inputs(Options, ["--run", "r", "stray"], "tfmask test")
    assert error.value.code == 2
    assert "Expected an option. Got: 'stray'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "unbuffered"),
    [
        (["trainers.cli", "--help"], ""),
        (["trainers.cli", "--help"], "1"),
        (["trainers.cli", "serve", "--help"], "1"),
        (["trainers.cli", "prepare", "--help"], ""),
        (["serving.query", "--help"], ""),
        (["serving.ready", "--help"], ""),
    ],
)
def test_a_reader_that_goes_away_is_no_error(line, unbuffered):
    reader, writer = os.pipe()
    os.close(reader)  # before the first line, as `head -1` may after it
    with open(writer, "wb") as output:
        done = subprocess.run(
            [sys.executable, "-m", *line],
            stdout=output,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
        )
    assert (done.returncode, done.stderr) == (READER_GONE, b"")


def test_another_broken_pipe_is_a_fault(capfd):
    @on_terminal
    def main():
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        main()


@pytest.mark.parametrize("value", [-1, 0.5, float("nan")])
def test_numbers_that_are_too_small(value):
    options = argparse.Namespace(count=value, none=None, enough=1)
    text = f"`count` must be 1 or more. Got: {value}"
    with pytest.raises(ValueError, match=f"^{text}$"):
        require_least(options, none=1, enough=1, count=1)
    require_least(options, none=1, enough=1)


@pytest.mark.parametrize("port", [-1, 65536])
def test_numbers_that_are_no_ports(port):
    options = argparse.Namespace(port=port, first=0, last=65535, none=None)
    text = f"`port` must be 0 to 65535. Got: {port}"
    with pytest.raises(ValueError, match=f"^{text}$"):
        require_ports(options, "first", "last", "none", "port")
    require_ports(options, "first", "last", "none")
