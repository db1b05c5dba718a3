"""`tfmask completion`: what a shell really completes with it."""

import os
import pty
import re
import select
import shutil
import subprocess
import sys
import time

import pytest

from trainers import cli, completion, train, translate
from trainers.completion import script, tables


@pytest.fixture(scope="module")
def words_by_verb():
    return tables()


@pytest.fixture
def written(tmp_path, words_by_verb):
    path = tmp_path / "completion"
    path.write_text(script("bash", words_by_verb))
    return path


def completed(path, *words):
    """What bash's function offers for the last of some words."""
    quoted = " ".join(f"'{word}'" for word in words)
    code = (
        f"source {path}; COMP_WORDS=(tfmask {quoted}); "
        f'COMP_CWORD={len(words)}; _tfmask; echo "${{COMPREPLY[@]}}"'
    )
    done = subprocess.run(
        ["bash", "-c", code], check=True, capture_output=True, text=True
    )
    assert not done.stderr
    return done.stdout.split()


def test_words_of_all_kinds(written):
    assert completed(written, "") == list(cli.VERBS)
    assert completed(written, "exp") == ["export"]
    assert completed(written, "prepare", "m") == ["masks"]
    assert completed(written, "prepare", "masks", "--c") == ["--count"]
    assert completed(written, "train", "cam_s") == ["cam_stargan", "cam_stgan"]
    assert completed(written, "translate", "--t") == ["--tile"]
    assert completed(written, "translate", "--direction", "b") == ["b_to_a"]
    assert completed(written, "query", "--tile", "512", "--ov") == [
        "--overlap",
        "--overwrite",
    ]
    # As bash splits `--preset=pa`.
    line = ("train", "lomit", "--preset")
    assert completed(written, *line, "=", "pa") == ["paper"]
    assert completed(written, *line, "=") == ["quick", "paper", "photos"]
    own = completed(written, "train", "stgan", "--method.transfer-s")
    assert own == ["--method.transfer-state"]
    assert not completed(written, "train", "cyclegan", "--method.transfer")
    # Nothing of ours: bash offers files.
    assert not completed(written, "translate", "--input", "")
    assert not completed(written, "unknown", "")


def test_a_person_at_a_terminal(written):
    """Types into bash, where Tab completes and Enter runs."""
    main, other = pty.openpty()
    process = subprocess.Popen(
        ["bash", "--norc", "--noprofile", "-i"],
        stdin=other,
        stdout=other,
        stderr=other,
        env={**os.environ, "PS1": "$ ", "TERM": "dumb"},
        start_new_session=True,
    )
    os.close(other)
    try:
        lines = f"source {written}; tfmask() {{ printf '<%s>' \"$@\"; }}\n"
        lines += "tfmask transl\t--direc\tb\t--ti\t512 --image-s\t\n"
        os.write(main, lines.encode())
        wanted = "<translate><--direction><b_to_a><--tile><512><--image-size>"
        seen, end = "", time.monotonic() + 60
        while wanted not in seen and time.monotonic() < end:
            if select.select([main], [], [], 1.0)[0]:
                seen += os.read(main, 4096).decode(errors="replace")
        assert wanted in seen
    finally:
        process.kill()
        process.wait()
        os.close(main)


@pytest.mark.skipif(not shutil.which("zsh"), reason="needs zsh")
def test_zsh_reads_its_script(tmp_path, words_by_verb):
    path = tmp_path / "completion"
    path.write_text(script("zsh", words_by_verb))
    code = (
        f"source {path}; emulate sh; COMP_WORDS=(tfmask translate --direction "
        "b); COMP_CWORD=3; _tfmask; echo ${COMPREPLY[@]}; "
        "echo ${_comps[tfmask]}"
    )
    done = subprocess.run(
        ["zsh", "-f", "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, "ZDOTDIR": str(tmp_path)},
        check=True,
    )
    # zsh itself leaves out what does not begin with `b`.
    assert done.stdout.splitlines() == [
        "a_to_b b_to_a",
        "_bash_complete -o default -F _tfmask",
    ]


def shown(main, capsys, *words):
    """The options that `--help` lists."""
    with pytest.raises(SystemExit):
        main([*words, "--help"])
    shown_options = set()
    for line in capsys.readouterr().out.splitlines():
        # What stands further in is text.
        start = re.match(
            r"[│ ]{0,5}((?:--?[a-z][a-z\d.-]*(?:, )?)+)(?=[ │])", line
        )
        shown_options |= set(start[1].split(", ")) if start else set()
    return shown_options


def test_options_are_those_of_help(words_by_verb, capsys):
    train_options = (
        words_by_verb["train"].options + words_by_verb["train lomit"].options
    )
    assert {"-h", "--help", *train_options} == shown(
        train.main, capsys, "lomit"
    )
    options = words_by_verb["translate"].options
    assert {"-h", "--help", *options} == shown(translate.main, capsys)


def test_no_tensorflow_is_loaded():
    code = (
        "import sys; from trainers.completion import main; main(['bash']); "
        "assert 'tensorflow' not in sys.modules"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("complete -o default -F _tfmask tfmask\n")
    assert completion.script("bash", tables()) == done.stdout
