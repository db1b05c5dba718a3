"""`tfmask prepare instances`, on small real files."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from prepared_instances import (
    SQUARE,
    coco,
    masks_of,
    photo,
    recorded,
    run,
    run_maps,
    save,
    sheep_arguments,
)

from data_pipelines.prepare import __main__ as verb
from data_pipelines.prepare import folder_pair, instances

ROOT = Path(__file__).parents[2]


@pytest.fixture
def sheep(tmp_path):
    """Arguments for two photographs, one of them with sheep."""
    return sheep_arguments(tmp_path)


def test_the_result_opens_with_instances(sheep, tmp_path):
    from data_pipelines import open_data

    run(*sheep)
    sheep[sheep.index("sheep")] = "giraffe"
    # One giraffe has no outline: the only image left is 10.png.
    run(*sheep, "--skip-bad-files", folder="trainB")
    assert set(recorded(tmp_path, "trainB")) == set(recorded(tmp_path))
    data = open_data(tmp_path / "out", 16, splits=("train",))
    assert data.names("a", "train") == ["9"]
    assert data.names("b", "train") == ["10"]
    assert data.instance_count == 2
    batches = data.train_batches(
        1, seed=1, with_instances=True, crop=False, flip=False
    )
    (batch,) = batches.take(1)
    areas = batch["a"]["instances"].numpy().sum((2, 3, 4))
    assert areas.tolist() == [[128.0, 16.0]]


def test_size_area_count_and_limit(tmp_path):
    labels = np.zeros((16, 32), np.uint8)
    labels[:, :4] = 9  # outside the centre
    labels[4:12, 10:18] = 3
    labels[0:2, 20:22] = 2  # 1/64 of the crop
    labels[12:16, 20:24] = 1  # 1/16
    for name in ("1", "2", "3"):
        photo(tmp_path / "photos" / f"{name}.jpg", 16, 32)
        save(tmp_path / "maps" / f"{name}.png", labels)
    photo(tmp_path / "photos" / "0.jpg", 16, 32)
    save(tmp_path / "maps" / "0.png", labels * 0)
    limits = ("--min-area", 0.02, "--max-instances", 1, "--limit", 2)
    run_maps(tmp_path, "--size", 16, *limits)
    masks = masks_of(tmp_path)
    assert sorted(masks) == ["1_0.png", "2_0.png"]
    expected = np.zeros((16, 16), bool)
    expected[4:12, 2:10] = True
    np.testing.assert_array_equal(masks["2_0.png"], expected)
    report = recorded(tmp_path)
    twice = {"count": 2, "files": {"1.jpg": 1, "2.jpg": 1}}
    assert report["left_out_instances"] == {
        "without a pixel after resizing and cropping": twice,
        "smaller than --min-area": twice,
        "beyond --max-instances": twice,
    }
    assert report["left_out_images"] == {
        "without such an object": {"count": 1, "files": ["0.jpg"]},
        "beyond --limit": {"count": 1, "files": ["3.jpg"]},
    }


@pytest.mark.parametrize(
    ("options", "areas"),
    [
        ([], [8, 4, 4]),  # the numbers 5, 25 and 300
        (["--label", 5], [8]),
        (["--label", 5, 25], [12]),
        (["--label", 5, 25, "--split-components"], [8, 4]),
        (["--label", 5, "--split-components"], [4, 4]),
    ],
)
def test_label_maps(tmp_path, options, areas):
    labels = np.zeros((16, 16), np.uint16)
    labels[0:2, 0:2] = labels[6:8, 6:8] = 5
    labels[2:4, 0:2] = 25
    labels[12:14, 12:14] = 300
    photo(tmp_path / "photos" / "x.jpg")
    save(tmp_path / "maps" / "x.png", labels)
    run_maps(tmp_path, *options)
    assert [int(m.sum()) for m in masks_of(tmp_path).values()] == areas


BREAK = {
    "photos/b: is missing, for the": lambda p: (p / "photos/b.png").unlink(),
    "photos/b.png: is a damaged image": lambda p: (
        p / "photos/b.png"
    ).write_bytes((p / "photos/b.png").read_bytes()[:99]),
    "photos/b.png: is not an image": lambda p: (p / "photos/b.png").write_text(
        "hello"
    ),
    "maps/b.png is missing": lambda p: (p / "maps/b.png").unlink(),
    "maps/b.png has 3 channels": lambda p: photo(p / "maps/b.png"),
    "is 16 high and 17 wide, but its": lambda p: photo(
        p / "photos/b.png", 16, 17
    ),
    "7 high and 16 wide, expected": lambda p: photo(p / "photos/b.png", 7, 16),
    "maps/b.tif: has the same name": lambda p: photo(p / "maps/b.tif"),
    "a.png: has the same name as": lambda p: photo(p / "photos/a.jpg"),
}


@pytest.mark.parametrize("reason", BREAK)
def test_bad_files_are_named_or_skipped(tmp_path, reason, capsys):
    for name in ("a.png", "b.png"):
        photo(tmp_path / "photos" / name)
        save(tmp_path / "maps" / name, np.ones((16, 16), np.uint8))
    BREAK[reason](tmp_path)
    run_maps(tmp_path, code=1)
    error = capsys.readouterr().err
    assert "1 bad file" in error and "--skip-bad-files" in error
    assert not (tmp_path / "out").exists()
    run_maps(tmp_path, "--skip-bad-files")
    (bad,) = recorded(tmp_path)["bad_files"]["files"]
    assert reason in f"{bad['file']}: {bad['reason']}"
    assert "a_0.png" in masks_of(tmp_path)


def test_links_to_nowhere_and_pipes_are_bad_files(tmp_path, capsys):
    for name in ("a.png", "b.png"):
        photo(tmp_path / "photos" / name)
        save(tmp_path / "maps" / name, np.ones((16, 16), np.uint8))
    (tmp_path / "photos" / "c.png").symlink_to("gone.png")
    os.mkfifo(tmp_path / "photos" / "d.png")
    (tmp_path / "maps" / "b.png").unlink()
    os.mkfifo(tmp_path / "maps" / "b.png")
    run_maps(tmp_path, code=1)
    error = capsys.readouterr().err
    assert "3 bad" in error and "b.png is no regular file" in error
    assert "c.png: is a link to gone.png, which is not there" in error
    assert "d.png: is no regular file" in error


def test_no_image_left(sheep, tmp_path, capsys):
    run(*sheep, "--min-area", 0.9, code=1)
    assert "2 smaller than --min-area" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("end", ["", "_seg", "_mask"])
def test_a_folder_with_something_in_it_is_left_alone(
    sheep, tmp_path, end, capsys
):
    old = photo(tmp_path / "out" / f"trainA{end}" / "old.png")
    run(*sheep, code=1)
    assert f"trainA{end}`" in capsys.readouterr().err
    assert [p for p in (tmp_path / "out").rglob("*") if p.is_file()] == [old]
    run(*sheep, folder="testA")


def test_what_is_at_the_output(sheep, tmp_path, capsys, monkeypatch):
    (tmp_path / "out" / "trainA").mkdir(parents=True)
    record = tmp_path / "out" / "prepare.json"
    record.write_text("[]")
    run(*sheep, code=1)
    assert "is in the way" in capsys.readouterr().err
    record.unlink()
    monkeypatch.chdir(tmp_path)
    sheep[-1] = "out"
    run(*sheep)  # an empty folder is filled
    assert len(masks_of(tmp_path)) == 2


@pytest.mark.parametrize("place", ["writing", "renaming"])
def test_ctrl_c_leaves_nothing(sheep, tmp_path, place, monkeypatch, capsys):
    rename, write, calls = os.rename, instances._write, []

    def stop_after_one(function):
        def stopped(*arguments):
            if calls:
                raise KeyboardInterrupt
            calls.append(arguments)
            function(*arguments)

        return stopped

    if place == "writing":
        photo(tmp_path / "photos" / "more.png")
        more = {"9.png": [(20, [SQUARE])], "more.png": [(20, [SQUARE])]}
        coco(tmp_path / "sheep.json", more)
        monkeypatch.setattr(instances, "_write", stop_after_one(write))
    else:
        monkeypatch.setattr(folder_pair.os, "rename", stop_after_one(rename))
    (tmp_path / "out" / "trainB").mkdir(parents=True)
    run(*sheep, code=130)
    assert len(calls) == 1
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["trainB"]
    assert "interrupted" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ([], "either --coco or --label-maps"),
        (["--coco", "x", "--label-maps", "y"], "either --coco"),
        (["--coco", "x"], "--category"),
        (["--label-maps", "x", "--category", "y"], "--category"),
        (["--label-maps", "x", "--keep-crowd"], "--keep-crowd"),
        (["--label-maps", "x", "--split-components"], "--label"),
        (["--label-maps", "x", "--size", "7"], "--size"),
        (["--label-maps", "x", "--size", "9", "9", "9"], "--size"),
        (["--label-maps", "x", "--min-area", "1"], "--min-area"),
        (["--label-maps", "x", "--limit", "0"], "--limit"),
        (["--label-maps", "x", "--folder", "valA"], "trainA"),
    ],
)
def test_wrong_usage(options, text, capsys):
    with pytest.raises(SystemExit) as stopped:
        run("--images", "p", "--output", "o", *options)
    assert stopped.value.code == 2
    printed = capsys.readouterr()
    assert text in " ".join((printed.err + printed.out).split())


def test_the_verb_lists_what_it_prepares(capsys):
    assert [verb.main([]), verb.main(["--help"])] == [2, 0]
    assert capsys.readouterr().out.count("  instances ") == 2
    assert verb.main(["instance"]) == 2
    assert "Did you mean: instances" in capsys.readouterr().err


def test_commands_run_without_tensorflow(sheep, tmp_path):
    code = (
        "import runpy, sys\n"
        "try:\n"
        "    runpy.run_module(sys.argv.pop(1), run_name='__main__')\n"
        "except SystemExit as stop:\n"
        "    assert not stop.code, stop.code\n"
        "assert not {'tensorflow', 'keras'} & set(sys.modules)\n"
    )
    for command, folder in (
        (["trainers.cli", "prepare", "instances"], "trainA"),
        (["data_pipelines.prepare.instances"], "trainB"),
    ):
        subprocess.run(
            [sys.executable, "-c", code, *command, *sheep, "--folder", folder],
            check=True,
            cwd=ROOT,
        )
        assert len(masks_of(tmp_path, folder)) == 2
