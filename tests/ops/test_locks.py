"""Locks: one writer a folder, and nothing left of one that was killed."""

import os
import signal
import socket
import subprocess
import sys
import threading

import pytest

from tfmask.ops import locks
from tfmask.ops.errors import UserError
from tfmask.ops.locks import LOCK, only_writer, turn

ADVICE = "Or take another."
HOLDER = """
import sys, time
from tfmask.ops.locks import only_writer
with only_writer(sys.argv[1], ""):
    print("locked", flush=True)
    time.sleep(60)
"""


def refused(folder):
    with pytest.raises(UserError) as error, only_writer(folder, ADVICE):
        pass
    return str(error.value)


def test_a_second_writer_is_told_which_process_is_the_first(tmp_path):
    with only_writer(tmp_path, ADVICE):
        message = refused(tmp_path)
    assert f"`{tmp_path}` is in use by process {os.getpid()}." in message
    assert message.endswith(ADVICE)
    with only_writer(tmp_path, ADVICE):
        assert (tmp_path / LOCK).is_file()
    assert not any(tmp_path.iterdir())


def test_a_kill_frees_the_folder(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    try:
        assert process.stdout.readline() == b"locked\n"
        assert f"process {process.pid}." in refused(tmp_path)
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()
    assert (tmp_path / LOCK).is_file()
    with only_writer(tmp_path, ADVICE):
        pass


def test_a_folder_in_which_nothing_was_written_goes_again(tmp_path):
    folder = tmp_path / "runs" / "first"
    with pytest.raises(ValueError), only_writer(folder, ADVICE):
        assert folder.is_dir()
        raise ValueError
    assert not (tmp_path / "runs").exists()
    with only_writer(folder, ADVICE):
        (folder / "kept").touch()
    assert [path.name for path in folder.iterdir()] == ["kept"]


def test_a_writer_elsewhere_is_named_with_its_machine(tmp_path, monkeypatch):
    with only_writer(tmp_path, ADVICE):
        (tmp_path / LOCK).write_text("7 other\n")
        assert "by process 7 on other." in refused(tmp_path)
        monkeypatch.setattr(locks, "_READ_SECONDS", 0.0)
        (tmp_path / LOCK).write_text("")
        assert "by another process." in refused(tmp_path)
        (tmp_path / LOCK).write_text(f"8 {socket.gethostname()}\n")
        assert "by process 8." in refused(tmp_path)


def test_a_lock_whose_file_was_removed_is_taken_anew(tmp_path, monkeypatch):
    lock, removed = locks.lock_handle, []

    def late(handle, **options):
        if not removed:  # the other writer ends between open and lock
            (tmp_path / LOCK).unlink()
            removed.append(handle)
        return lock(handle, **options)

    monkeypatch.setattr(locks, "lock_handle", late)
    with only_writer(tmp_path, ADVICE):
        assert "in use" in refused(tmp_path)


def test_without_locks_nothing_is_refused(tmp_path, monkeypatch):
    def no_locks(handle, mode):
        raise OSError("no locks here")

    monkeypatch.setattr(locks.fcntl, "flock", no_locks)
    with only_writer(tmp_path, ADVICE), only_writer(tmp_path, ADVICE):
        pass


def test_turns_follow_one_another(tmp_path):
    begun, done = threading.Event(), []

    def second():
        begun.set()
        with turn(tmp_path):
            done.append("second")

    with turn(tmp_path):
        thread = threading.Thread(target=second)
        thread.start()
        begun.wait()
        thread.join(0.05)  # without the lock it would end in this time
        done.append("first")
    thread.join()
    assert done == ["first", "second"]
