"""COCO files for `tfmask prepare instances`: objects, crowds, wrong entries."""

import json

import numpy as np
import pytest
from PIL import Image
from prepared_instances import (
    LARGE,
    SQUARE,
    coco,
    masks_of,
    recorded,
    run,
    sheep_arguments,
)


@pytest.fixture
def sheep(tmp_path):
    """Arguments for two photographs, one of them with sheep."""
    return sheep_arguments(tmp_path)


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


def test_unknown_category_names_the_nearest(sheep, capsys):
    sheep[sheep.index("sheep")] = "shep"
    run(*sheep, code=1)
    error = capsys.readouterr().err
    assert "Unknown category `shep`. Did you mean: sheep?" in error
    assert "giraffe" in error
