"""Runs the commands of docs/tutorial.md, in their order, in one folder.

They come from the page's blocks of shell code, with two changes. `tfmask train`
gets more options, for tiny networks and two steps; the last ones count. So the
test checks that the commands fit together, not what a model learns. And the
server takes a free port.
"""

import importlib
import re
import shlex
import subprocess
import sys

import pytest
from processes import ROOT, environment, tfmask
from tiny import ATTENTION, OPTIONS

PAGE = ROOT / "docs" / "tutorial.md"
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
SHORT = [*OPTIONS, *ATTENTION, "--steps", "2"]


def commands():
    """The page's commands, each a list of words."""
    lines = "".join(BLOCK.findall(PAGE.read_text())).splitlines()
    return [shlex.split(line) for line in lines]


@pytest.mark.slow
@pytest.mark.release
def test_every_command_of_the_tutorial_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    server, address = None, None
    try:
        for program, *words in commands():
            words = [address if ":8500" in word else word for word in words]
            if program == "python":
                _, module, *options = words
                assert importlib.import_module(module).main(options) == 0
            elif words[0] == "serve":
                server = subprocess.Popen(
                    [sys.executable, "-m", "trainers.cli", *words[:-1], "0"],
                    env=environment(),
                    stdout=subprocess.PIPE,
                    text=True,
                )
                address = server.stdout.readline().split()[-1]
            else:
                assert program == "tfmask"
                tfmask(*words, *(SHORT if words[0] == "train" else []))
    finally:
        if server:
            server.terminate()
            server.communicate(timeout=30)
    assert len(list(tmp_path.glob("out/*.png"))) == 8
    assert len(list(tmp_path.glob("answers/masks/*.png"))) == 8
    assert (tmp_path / "runs/first/evaluation/index.html").is_file()


def test_the_tutorial_goes_the_whole_road():
    verbs = [words[1] for words in commands() if words[0] == "tfmask"]
    assert verbs == [
        "train",
        "translate",
        "evaluate",
        "train",
        "export",
        "serve",
        "query",
    ]
