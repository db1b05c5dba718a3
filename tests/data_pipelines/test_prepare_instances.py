"""`tfmask prepare instances`, on small real files."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data_pipelines.prepare import __main__ as verb
from data_pipelines.prepare import folder_pair, instances

ROOT = Path(__file__).parents[2]
SQUARE = [2, 2, 6, 2, 6, 6, 2, 6]  # pixels 2 to 5, both ways
LARGE = [8, 0, 16, 0, 16, 16, 8, 16]  # the right half


def save(path, values):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.asarray(values)).save(path)
    return path


def photo(path, height=16, width=16):
    ramp = np.arange(height * width * 3) % 251
    return save(path, ramp.reshape(height, width, 3).astype(np.uint8))


def coco(path, outlines, **changes):
    """A COCO file of 16 x 16 images: dict of name to (category, outline)."""
    names = list(outlines)
    content = {
        "categories": [
            {"id": 20, "name": "sheep"},
            {"id": 25, "name": "giraffe"},
        ],
        "images": [
            {"id": 7 + i, "file_name": name, "height": 16, "width": 16}
            for i, name in enumerate(names)
        ],
        "annotations": [
            {
                "id": 100 * (i + 1) + j,
                "image_id": 7 + i,
                "category_id": category,
                "segmentation": outline,
                "iscrowd": int(isinstance(outline, dict)),
            }
            for i, name in enumerate(names)
            for j, (category, outline) in enumerate(outlines[name])
        ],
    }
    path.write_text(json.dumps(content | changes))
    return path


@pytest.fixture
def sheep(tmp_path):
    """Arguments for two photographs, one of them with sheep."""
    for name in ("10.png", "9.png"):
        photo(tmp_path / "photos" / name)
    crowd = {"size": [16, 16], "counts": [0, 32, 224]}  # columns 0 and 1
    file = coco(
        tmp_path / "sheep.json",
        {
            "9.png": [(20, [SQUARE]), (20, [LARGE]), (20, crowd), (25, [])],
            "10.png": [(25, [SQUARE])],
        },
    )
    return [
        "--images",
        tmp_path / "photos",
        "--coco",
        file,
        "--category",
        "sheep",
        "--output",
        tmp_path / "out",
    ]


def run(*arguments, folder="trainA", code=0):
    """`main` with `--folder`; returns nothing, checks the exit code."""
    argv = [str(part) for part in (*arguments, "--folder", folder)]
    assert instances.main(argv) == code


def run_maps(path, *options, code=0):
    """The same from `photos` and `maps` below a folder to its `out`."""
    run(
        "--images",
        path / "photos",
        "--label-maps",
        path / "maps",
        "--output",
        path / "out",
        *options,
        code=code,
    )


def masks_of(tmp_path, folder="trainA"):
    """dict of mask file name to (H, W) bool, after a check of its values."""
    masks = {}
    for path in sorted((tmp_path / "out" / f"{folder}_seg").iterdir()):
        image = Image.open(path)
        values = np.asarray(image)
        assert image.mode == "L" and set(np.unique(values)) <= {0, 255}
        masks[path.name] = values > 0
    return masks


def recorded(tmp_path, folder="trainA"):
    return json.loads((tmp_path / "out" / "prepare.json").read_text())[folder]


def test_coco_objects_become_masks_largest_first(sheep, tmp_path, capsys):
    run(*sheep)
    masks = masks_of(tmp_path)
    assert sorted(masks) == ["9_0.png", "9_1.png"]
    expected = np.zeros((2, 16, 16), bool)
    expected[0, :, 8:] = True
    expected[1, 2:6, 2:6] = True
    np.testing.assert_array_equal(masks["9_0.png"], expected[0])
    np.testing.assert_array_equal(masks["9_1.png"], expected[1])
    (image,) = (tmp_path / "out" / "trainA").iterdir()
    assert image.name == "9.png"
    np.testing.assert_array_equal(
        np.asarray(Image.open(image)),
        np.asarray(Image.open(tmp_path / "photos" / "9.png")),
    )
    report = recorded(tmp_path)
    assert (report["images"], report["instances"]) == (1, 2)
    assert report["left_out_images"] == {
        "no object of the category": {"count": 1, "files": ["10.png"]}
    }
    assert report["left_out_instances"] == {
        "crowd regions": {"count": 1, "files": {"9.png": 1}}
    }
    assert report["options"]["category"] == "sheep"
    out = capsys.readouterr().out
    assert out.startswith("1 images with 2 instances in") and "crowd" in out
    assert out.count("\n") == 1


def test_crowd_regions_on_request(sheep, tmp_path):
    run(*sheep, "--keep-crowd")
    expected = np.zeros((16, 16), bool)
    expected[:, :2] = True
    np.testing.assert_array_equal(masks_of(tmp_path)["9_1.png"], expected)


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


def test_coco_files_that_are_wrong(sheep, tmp_path, capsys):
    def error_of(**changes):
        outlines = changes.pop("outlines", {"9.png": [(20, [SQUARE])]})
        coco(tmp_path / "sheep.json", outlines, **changes)
        run(*sheep, code=1)
        assert not (tmp_path / "out").exists()
        return capsys.readouterr().err

    small = {"id": 7, "file_name": "9.png", "height": 16, "width": 15}
    assert "16 high and 15 wide in the COCO file" in error_of(images=[small])
    assert "annotation 100, which" not in error_of(images=[small])
    assert "which the file does not list" in error_of(images=[])
    assert "two images of the id 7" in error_of(images=[small, dict(small)])
    assert "'file_name'" in error_of(images=[{"id": 7}])
    assert "Missing: annotations" in error_of(annotations=None)
    broken = {"9.png": [(20, [[1, 2]])]}
    assert "its annotation 100 has a polygon" in error_of(outlines=broken)
    missing = {"x.png": [(20, [SQUARE])]}
    assert f"{tmp_path}/photos/x.png: is missing" in error_of(outlines=missing)
    (tmp_path / "sheep.json").write_text("{")
    run(*sheep, code=1)
    assert "is not a json file" in capsys.readouterr().err
    (tmp_path / "sheep.json").unlink()
    run(*sheep, code=1)
    assert "is not there" in capsys.readouterr().err


def _change(kind, **values):
    return lambda content: content[kind][0].update(values)


def _again(**values):
    return lambda content: content["annotations"].append(
        content["annotations"][0] | values
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            _change("annotations", category_id="20"),
            "annotation 100: is of category '20', which",
        ),
        (_change("annotations", category_id=3), "is of category 3, which"),
        (_change("annotations", image_id="7"), "belongs to image '7', which"),
        (_change("annotations", iscrowd="0"), "has iscrowd '0', expected 0"),
        (_change("images", height="16"), "height '16' and the width 16 in"),
        (_change("images", id=8), "two images of the id 8: 9.png and 10.png"),
        (_change("images", file_name="10.png"), "10.png twice, as the images"),
        (_change("categories", id=25), "two categories of the id 25: sheep"),
        (_again(), "annotation 100: is there twice"),
        (_again(id=999), "annotation 999: is there twice"),
        (_again(segmentation=[LARGE]), "annotation 100: is there twice"),
        (_change("annotations", segmentation=[[1e300] * 6]), "1e+300"),
    ],
)
def test_coco_entries_that_are_wrong(sheep, tmp_path, capsys, change, message):
    file = coco(
        tmp_path / "sheep.json", {"9.png": [(20, [SQUARE])], "10.png": []}
    )
    content = json.loads(file.read_text())
    change(content)
    file.write_text(json.dumps(content))
    run(*sheep, code=1)
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_coco_entries_that_tools_write_otherwise(sheep, tmp_path):
    """No size, no ids, no `iscrowd`, run lengths as floats: all are clear."""
    runs = {"size": [16, 16], "counts": [0.0, 32.0, 224.0]}
    annotation = {"image_id": 7, "category_id": 20}
    coco(
        tmp_path / "sheep.json",
        {"9.png": [], "10.png": []},
        images=[{"id": 7, "file_name": "9.png", "height": None}],
        annotations=[
            annotation | {"segmentation": runs},
            annotation | {"segmentation": [SQUARE], "iscrowd": None},
        ],
    )
    run(*sheep)
    assert [m.sum() for m in masks_of(tmp_path).values()] == [32, 16]


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


def test_unknown_category_names_the_nearest(sheep, capsys):
    sheep[sheep.index("sheep")] = "shep"
    run(*sheep, code=1)
    error = capsys.readouterr().err
    assert "Unknown category `shep`. Did you mean: sheep?" in error
    assert "giraffe" in error


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
