"""`tfmask prepare shards`: whole shards only, and none is written twice."""

import json
import os

import pytest
import tensorflow as tf

from data_pipelines.prepare import shard_writing as writing
from data_pipelines.prepare.shard_writing import write_shards
from data_pipelines.prepare.shards import main
from data_pipelines.sharded_folders import INDEX, UNFINISHED
from tfmask.ops.errors import UserError

BYTES = 1000  # of a shard of the tests; one or two of their files


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_records_are_the_files(plain_folder, tmp_path, capsys):
    data, out = plain_folder(splits=("trainA", "trainB")), tmp_path / "out"
    (data / "trainA" / "notes.txt").write_text("no image")
    command = ["--data", str(data), "--out", str(out)]
    assert main(command) == 0
    assert "6 files in 1 shards" in capsys.readouterr().out
    records = tf.data.TFRecordDataset([str(out / "shard-00000.tfrecord")])
    files = [
        (data / folder / f"{number}.jpg").read_bytes()
        for folder in ("trainA", "trainB")
        for number in range(3)
    ]
    assert list(records.as_numpy_iterator()) == files
    assert sorted(contents(out)) == ["shard-00000.tfrecord", INDEX]
    # Once more: nothing is written.
    before = (out / "shard-00000.tfrecord").stat().st_mtime_ns
    assert main(command) == 0
    assert "1 shards were there already" in capsys.readouterr().out
    assert (out / "shard-00000.tfrecord").stat().st_mtime_ns == before
    assert main(["--data", str(out), "--out", str(tmp_path / "more")]) == 1
    assert "has shards" in capsys.readouterr().err


@pytest.fixture
def stopped(plain_folder, tmp_path, monkeypatch):
    """(data, out) of a command that Ctrl-C ended in its third shard."""
    data, out = plain_folder(splits=("trainA", "trainB")), tmp_path / "out"
    digest, count = writing.sha256_of, iter(range(9))

    def interrupted(path):
        if next(count) == 2:
            raise KeyboardInterrupt
        return digest(path)

    monkeypatch.setattr(writing, "sha256_of", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_shards(data, out, BYTES)
    monkeypatch.setattr(writing, "sha256_of", digest)
    names = ["shard-00000.tfrecord", "shard-00001.tfrecord", UNFINISHED]
    assert sorted(contents(out)) == names
    return data, out


def test_a_stopped_command_goes_on(stopped, tmp_path):
    data, out = stopped
    # What was killed in the middle of a line and of a shard.
    with open(out / UNFINISHED, "a") as record:
        record.write('\n{"name": "shard-00002')
    (out / ".shard-00002.tfrecord.part").write_bytes(b"half")
    before = contents(out)
    entries, reused = write_shards(data, out, BYTES)
    assert reused == 2 and len(entries) > 2
    write_shards(data, tmp_path / "at once", BYTES)
    assert contents(out) == contents(tmp_path / "at once")
    for name in ("shard-00000.tfrecord", "shard-00001.tfrecord"):
        assert contents(out)[name] == before[name]


def test_shards_of_changed_files_are_written_again(stopped):
    data, out = stopped
    os.utime(data / "trainA" / "0.jpg", ns=(1, 2**62))
    (out / "shard-00001.tfrecord").write_bytes(b"cut off")
    entries, reused = write_shards(data, out, BYTES)
    assert reused == 0
    for entry in entries:
        assert (out / entry["name"]).stat().st_size == entry["bytes"]
    assert entries == json.loads((out / INDEX).read_text())["shards"]


def test_finished_shards_of_other_files_stay(plain_folder, tmp_path):
    data, out = plain_folder(splits=("trainA", "trainB")), tmp_path / "out"
    write_shards(data, out, BYTES)
    before = contents(out)
    (data / "trainB" / "2.jpg").unlink()
    with pytest.raises(UserError, match="has the shards of other files"):
        write_shards(data, out, BYTES)
    assert contents(out) == before


def test_what_cannot_be_written(plain_folder, tmp_path):
    data, used = plain_folder(splits=("trainA",)), tmp_path / "used"
    used.mkdir()
    (used / "mine").touch()
    with pytest.raises(UserError, match=r"used` exists and is not empty"):
        write_shards(data, used, BYTES)
    (data / "trainA" / "gone.png").symlink_to("nowhere")
    with pytest.raises(UserError, match=r"gone\.png is a link to nowhere"):
        write_shards(data, tmp_path / "out", BYTES)
    with pytest.raises(UserError, match="Expected the folders trainA, trainB"):
        write_shards(tmp_path / "used", tmp_path / "out", BYTES)
    assert not (tmp_path / "out").exists()
    with pytest.raises(SystemExit):
        main(["--data", str(data), "--out", "x", "--shard-mib", "0"])
