"""Photographs, COCO files and label maps for `tfmask prepare instances`."""

import json

import numpy as np
from PIL import Image

from data_pipelines.prepare import instances

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


def sheep_arguments(folder):
    """Arguments for two photographs, one of them with sheep."""
    for name in ("10.png", "9.png"):
        photo(folder / "photos" / name)
    crowd = {"size": [16, 16], "counts": [0, 32, 224]}  # columns 0 and 1
    file = coco(
        folder / "sheep.json",
        {
            "9.png": [(20, [SQUARE]), (20, [LARGE]), (20, crowd), (25, [])],
            "10.png": [(25, [SQUARE])],
        },
    )
    return [
        "--images",
        folder / "photos",
        "--coco",
        file,
        "--category",
        "sheep",
        "--output",
        folder / "out",
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
