"""The synthetic images: the same for each seed, exact masks, two domains."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data_pipelines import open_data, synthetic
from tfmask.ops.errors import UserError

SIZE = (32, 32)


def test_the_same_arguments_give_the_same_image():
    first = synthetic.draw(1, "a", "train", 5, SIZE)
    for one, two in zip(
        first, synthetic.draw(1, "a", "train", 5, SIZE), strict=True
    ):
        np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize(
    "other",
    [
        (2, "a", "train", 5),
        (1, "b", "train", 5),
        (1, "a", "test", 5),
        (1, "a", "train", 6),
    ],
)
def test_every_argument_changes_the_image(other):
    first, _ = synthetic.draw(1, "a", "train", 5, SIZE)
    second, _ = synthetic.draw(*other, SIZE)
    assert np.abs(first.astype(int) - second).mean() > 10


def test_shapes_types_and_counts():
    counts = []
    for index in range(40):
        image, instances = synthetic.draw(0, "b", "train", index, (24, 40))
        assert image.shape == (24, 40, 3) and image.dtype == np.uint8
        assert instances.shape[1:] == (24, 40) and instances.dtype == bool
        assert instances.any((1, 2)).all()  # each is visible
        assert instances.sum(0).max() == 1  # no pixel has two owners
        counts.append(len(instances))
    assert set(counts) == {1, 2, 3, 4}


def test_objects_cover_a_fair_share():
    shares = [
        synthetic.draw(0, domain, "train", index, SIZE)[1].any(0).mean()
        for domain in "ab"
        for index in range(60)
    ]
    assert 0.12 < np.mean(shares) < 0.25
    assert min(shares) > 0.02 and max(shares) < 0.5


@pytest.mark.parametrize("domain", ["a", "b"])
def test_nothing_outside_the_mask_depends_on_the_objects_look(domain):
    other = "b" if domain == "a" else "a"
    for index in range(25):
        image, instances = synthetic.draw(0, domain, "test", index, SIZE)
        translated, same = synthetic.draw(
            0, domain, "test", index, SIZE, texture=other
        )
        np.testing.assert_array_equal(instances, same)
        region = instances.any(0)
        np.testing.assert_array_equal(image[~region], translated[~region])
        change = np.abs(image.astype(int) - translated).max(-1)
        assert (change[region] > 8).mean() > 0.9


def test_hue_tells_the_domains_apart_inside_and_not_outside():
    means = {}
    for domain in "ab":
        inside, outside = [], []
        for index in range(80):
            image, instances = synthetic.draw(0, domain, "train", index, SIZE)
            region = instances.any(0)
            # Red minus green: negative for green, positive for red.
            redness = image[..., 0].astype(float) - image[..., 1]
            inside.append(redness[region].mean())
            outside.append(redness[~region].mean())
        means[domain] = np.mean(inside), np.mean(outside)
    assert means["a"][0] < -10 and means["b"][0] > 60
    assert abs(means["a"][1] - means["b"][1]) < 6


def test_the_scene_is_the_same_at_another_size():
    _, small = synthetic.draw(0, "a", "train", 3, (32, 32))
    _, large = synthetic.draw(0, "a", "train", 3, (96, 96))
    shrunk = large[:, 1::3, 1::3]
    assert len(small) == len(large)
    agreement = (small == shrunk).mean()
    assert agreement > 0.99


def test_written_folder_holds_what_was_drawn(synthetic_folder):
    image, instances = synthetic.draw(3, "b", "test", 2, (24, 24))
    stored = np.asarray(Image.open(synthetic_folder / "testB" / "00002.png"))
    np.testing.assert_array_equal(stored, image)
    mask = Image.open(synthetic_folder / "testB_mask" / "00002.png")
    np.testing.assert_array_equal(np.asarray(mask), instances.any(0) * 255)
    for number, instance in enumerate(instances):
        part = synthetic_folder / "testB_seg" / f"00002_{number}.png"
        np.testing.assert_array_equal(
            np.asarray(Image.open(part)), instance * 255
        )
    data = open_data(synthetic_folder, 24)
    assert data.counts("train") == {"a": 6, "b": 6}
    assert data.has_instances("test") and data.has_regions("train")


def test_a_folder_with_content_is_not_overwritten(tmp_path):
    (tmp_path / "precious.txt").write_text("mine")
    with pytest.raises(UserError, match="new or empty folder"):
        synthetic.write_folder(tmp_path, {"train": 1})


def test_command_line(tmp_path, capsys):
    arguments = ["--output", str(tmp_path / "set"), "--train-count", "2"]
    arguments += ["--test-count", "1", "--image-size", "16", "--seed", "4"]
    assert synthetic.main(arguments) == 0
    assert str(tmp_path / "set") in capsys.readouterr().out
    assert len(list((tmp_path / "set" / "trainA").iterdir())) == 2
    assert synthetic.main(arguments) == 1
    captured = capsys.readouterr()
    assert captured.err.startswith("tfmask: error: ") and captured.out == ""


def test_tensorflow_is_not_loaded():
    code = (
        "import sys, data_pipelines, data_pipelines.synthetic as s;"
        "s.draw(0, 'a', 'train', 0, (16, 16));"
        "assert 'tensorflow' not in sys.modules"
    )
    subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        cwd=Path(__file__).parents[2],
    )


def corners(mask):
    """Mean distance of the farthest pixels from the middle, in radii."""
    rows, columns = np.nonzero(mask)
    away = np.hypot(rows - rows.mean(), columns - columns.mean())
    return away.max() / np.sqrt(len(rows) / np.pi)


def whole(domain, kind):
    """Masks of objects that nothing hides and no border cuts."""
    masks = []
    for index in range(60):
        _, instances = synthetic.draw(
            0, domain, "train", index, (64, 64), kind=kind
        )
        for mask in instances:
            edge = np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]])
            if not edge.any():
                masks.append(mask)
    return masks


def test_shapes_are_discs_and_stars():
    """A disc reaches one radius of its area; a star's points 1.6 of them."""
    discs = [corners(mask) for mask in whole("a", "shapes")]
    stars = [corners(mask) for mask in whole("b", "shapes")]
    assert np.median(discs) < 1.1 and np.median(stars) > 1.5


def test_shapes_have_the_colours_of_both_domains():
    hues = {}
    for domain in "ab":
        colours = []
        for index in range(60):
            image, instances = synthetic.draw(
                0, domain, "train", index, (32, 32), kind="shapes"
            )
            red, green, _ = image[instances.any(0)].mean(0)
            colours.append(red > 1.4 * green)
        hues[domain] = np.mean(colours)
    assert all(0.25 < share < 0.75 for share in hues.values())


def test_shapes_lie_on_calm_backgrounds():
    """Few pixels outside of the objects differ from their neighbours."""
    edges = {}
    for kind in synthetic.KINDS:
        edges[kind] = []
        for index in range(20):
            image, instances = synthetic.draw(
                0, "a", "train", index, (64, 64), kind=kind
            )
            inside = instances.any(0)
            outside = ~(inside[:, 1:] | inside[:, :-1])
            steps = np.abs(np.diff(image.astype(float), axis=1)).max(-1)
            edges[kind].append((steps[outside] > 12).mean())
    assert np.mean(edges["shapes"]) < 0.02 < 0.1 < np.mean(edges["textures"])


def test_the_kind_of_synthetic_data_is_part_of_its_name():
    plain = open_data("synthetic", 16, synthetic_count=(4, 4))
    shapes = open_data("synthetic:shapes", 16, synthetic_count=(4, 4))
    assert plain.describe()["fingerprint"] != shapes.describe()["fingerprint"]
    with pytest.raises(UserError, match="Did you mean: shapes"):
        open_data("synthetic:shape", 16)
