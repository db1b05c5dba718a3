"""Publishing without TensorFlow: killed, raced, full, and numbered."""

import contextlib
import errno
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from serving.server.engine import Engine
from tfmask.export import publishing
from tfmask.export.publishing import FACTS, publish, remove_leftovers
from tfmask.ops import locks
from tfmask.ops.errors import UserError

ROOT = Path(__file__).parents[2]
FILES = [f"variables/part{number}" for number in range(8)] + ["saved_model.pb"]

WRITER = f"""
import sys
from pathlib import Path
from tfmask.export.publishing import publish

def write(folder):
    (folder / "variables").mkdir()
    for name in {FILES!r}:
        (folder / name).write_bytes(b"x" * 100_000)

print("ready", flush=True)
while True:
    publish(sys.argv[1], "toy", write)
"""


def write_files(folder):
    (folder / "variables").mkdir()
    for name in FILES:
        (folder / name).write_bytes(b"x" * 100_000)


def sizes(version):
    return {
        str(path.relative_to(version)): path.stat().st_size
        for path in version.rglob("*")
        if path.is_file() and path.name != FACTS.name
    }


WHOLE = dict.fromkeys(FILES, 100_000)


def numbers(folder):
    return sorted(int(p.name) for p in folder.iterdir() if p.name.isdigit())


def test_versions_count_up_from_the_highest_number(tmp_path):
    for wanted in ("1", "2"):
        assert publish(tmp_path, "toy", write_files).name == wanted
    (tmp_path / "toy" / "007").mkdir()  # servers read that as 7
    (tmp_path / "toy" / "12").write_text("a file counts, too")
    (tmp_path / "toy" / "v99").mkdir()
    assert publish(tmp_path, "toy", write_files).name == "13"


def test_the_facts_name_the_version(tmp_path):
    path = publish(tmp_path, "toy", write_files, {"step": 7})
    text = (path / FACTS).read_text()
    assert '"model": "toy"' in text and '"version": 1' in text
    assert '"step": 7' in text


@pytest.mark.parametrize(
    "name", ["", "a/b", "..", ".hidden", "/abs", "serving_config"]
)
def test_a_name_that_is_no_folder_is_refused(name, tmp_path):
    with pytest.raises(UserError, match="plain folder name"):
        publish(tmp_path, name, write_files)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("names", [("m\udce4", "toy"), ("m", "t\udce4y")])
def test_folders_that_tensorflow_cannot_write_to_are_refused(names, tmp_path):
    base, name = names
    with pytest.raises(UserError, match=r"are UTF-8 only.*udce4"):
        publish(tmp_path / base, name, lambda folder: None)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "failure",
    [OSError(errno.ENOSPC, "full"), KeyboardInterrupt(), ValueError()],
)
def test_a_failure_publishes_nothing(failure, tmp_path):
    def fail(folder):
        write_files(folder)
        raise failure

    with pytest.raises(type(failure)):
        publish(tmp_path, "toy", fail)
    assert not list((tmp_path / "toy").iterdir())


@pytest.mark.parametrize("step", ["_flush", "_flush_path"])
def test_a_disk_that_fails_at_the_end_publishes_nothing(
    step, tmp_path, monkeypatch
):
    def full(path):
        raise OSError(errno.EIO, "broken", str(path))

    monkeypatch.setattr(publishing, step, full)
    with pytest.raises(OSError, match="broken"):
        publish(tmp_path, "toy", write_files)
    assert not list((tmp_path / "toy").iterdir())


def test_parallel_exports_all_get_a_number_of_their_own(tmp_path):
    barrier = threading.Barrier(4)

    def write(folder):
        write_files(folder)
        barrier.wait(10)

    threads = [
        threading.Thread(target=publish, args=(tmp_path, "toy", write))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert numbers(tmp_path / "toy") == [1, 2, 3, 4]
    for number in (1, 2, 3, 4):
        version = tmp_path / "toy" / str(number)
        assert sizes(version) == WHOLE
        assert f'"version": {number}' in (version / FACTS).read_text()


def test_a_number_taken_at_the_last_moment(tmp_path, monkeypatch):
    rename = Path.rename

    def late(self, target):
        if Path(target).name == "1":
            (tmp_path / "toy" / "1" / "assets").mkdir(parents=True)
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", late)
    path = publish(tmp_path, "toy", write_files)
    assert path.name == "2"
    assert '"version": 2' in (path / FACTS).read_text()


def test_a_leftover_is_locked_until_it_is_gone(tmp_path, monkeypatch):
    leftover = tmp_path / ".tmp-0123456789ab"
    leftover.mkdir()
    remove = shutil.rmtree
    held = []

    def watched(path, **options):
        handle = os.open(path, os.O_RDONLY)
        try:
            with pytest.raises(BlockingIOError):
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        finally:
            os.close(handle)
        held.append(path)
        remove(path, **options)

    monkeypatch.setattr(publishing.shutil, "rmtree", watched)
    remove_leftovers(tmp_path)
    assert held == [leftover]
    assert not leftover.exists()


@pytest.mark.parametrize("moment", ["open", "flock"])
def test_a_folder_taken_for_a_leftover_is_made_anew(
    tmp_path, monkeypatch, moment
):
    module = {"open": publishing.os, "flock": locks.fcntl}[moment]
    original = getattr(module, moment)
    leftovers = []

    def late(*arguments):
        if not leftovers:
            leftovers.extend((tmp_path / "toy").glob(".tmp-*"))
            leftovers[0].rmdir()
        return original(*arguments)

    monkeypatch.setattr(module, moment, late)
    assert sizes(publish(tmp_path, "toy", write_files)) == WHOLE
    assert len(leftovers) == 1


def test_a_running_export_is_no_leftover(tmp_path):
    def write(folder):
        write_files(folder)
        remove_leftovers(folder.parent)
        assert sizes(folder) == WHOLE

    publish(tmp_path, "toy", write)


def test_without_locks_a_leftover_goes_after_a_day(tmp_path, monkeypatch):
    def no_locks(handle, mode):
        raise OSError(errno.ENOLCK, "no locks here")

    monkeypatch.setattr(locks.fcntl, "flock", no_locks)
    young, old = tmp_path / "toy" / ".tmp-1", tmp_path / "toy" / ".tmp-2"
    for path in (young, old):
        path.mkdir(parents=True)
    os.utime(old, (time.time() - 90_000,) * 2)
    publish(tmp_path, "toy", write_files)
    assert young.exists() and not old.exists()


def start_writer(base):
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, base],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "ready\n"
    return process


@pytest.mark.slow
def test_killed_at_any_moment_no_half_version_is_seen(tmp_path):
    folder, seen, done = tmp_path / "toy", set(), threading.Event()
    folder.mkdir()
    half = []

    def read():
        # What a server would do, as often as it goes.
        while not done.is_set():
            for number in set(numbers(folder)) - seen:
                present = sizes(folder / str(number))
                if (
                    present != WHOLE
                    or not (folder / str(number) / FACTS).exists()
                ):
                    half.append((number, present))
                seen.add(number)
            time.sleep(0.001)

    reader = threading.Thread(target=read)
    reader.start()
    leftovers = 0
    for attempt in range(24):
        process = start_writer(tmp_path)
        time.sleep(0.003 * attempt)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        leftovers += bool(list(folder.glob(".tmp-*")))
        for version in numbers(folder):
            assert sizes(folder / str(version)) == WHOLE
    done.set()
    reader.join()
    assert not half
    assert leftovers > 3 and seen  # the kills hit the writing
    publish(tmp_path, "toy", write_files)
    assert not list(folder.glob(".tmp-*"))


# One process imports TensorFlow; each export runs in a fork of it, which the
# test kills.
EXPORTER = f"""
import os, sys
sys.path[:0] = [{str(ROOT)!r}, {str(ROOT / "tests")!r}]
import tensorflow as tf
from exports import tiny_method
from tfmask.export.signatures import export_method
for line in sys.stdin:
    child = os.fork()
    if not child:
        method = tiny_method("pix2pix")
        print("start", os.getpid(), flush=True)
        export_method(method, sys.argv[1], "toy")
        os._exit(0)
    os.waitpid(child, 0)
    print("end", flush=True)
"""


def relative(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


@pytest.mark.slow
def test_a_killed_export_of_a_method_leaves_no_half_version(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", EXPORTER, tmp_path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        text=True,
    )
    folder = tmp_path / "toy"

    def export(seconds=None):
        """One export, killed after so many seconds; how long it ran."""
        process.stdin.write("\n")
        process.stdin.flush()
        word, pid = process.stdout.readline().split()
        assert word == "start"
        began = time.monotonic()
        if seconds is not None:
            time.sleep(seconds)
            with contextlib.suppress(ProcessLookupError):  # it ended before
                os.kill(int(pid), signal.SIGKILL)
        assert process.stdout.readline() == "end\n"
        return time.monotonic() - began

    def check():
        for version in folder.glob("[0-9]*"):
            assert relative(version) == whole
        return len(list(folder.glob(".tmp-*")))

    export()
    whole = relative(folder / "1")
    assert len(whole) > 6
    duration = export()
    assert check() == 0
    points, leftovers = 12, 0
    for point in range(points):
        export(duration * (point + 0.5) / points)
        leftovers += check()
    assert leftovers > 2
    export()
    assert check() == 0
    process.stdin.close()
    assert process.wait(timeout=30) == 0
    process.stdout.close()
    newest = max(folder.glob("[0-9]*"), key=lambda path: int(path.name))
    Engine(newest).close()
