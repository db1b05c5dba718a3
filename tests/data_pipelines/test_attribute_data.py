"""Sets with attributes: batches, pairs, regions, and every mistake."""

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from data_pipelines import attribute_scenes, open_data
from data_pipelines.pairing import Differing
from tfmask.ops.errors import UserError

NAMES = ("Hat", "Smile", "Blond_Hair")
VALUES = np.array(
    [[1, 0, 0], [0, 1, 0], [1, 1, 0], [0, 0, 1], [1, 0, 0], [0, 0, 0]]
)


def write_images(folder, count, size=(20, 30)):
    folder.mkdir()
    for number in range(count):
        pixels = np.full((*size[::-1], 3), 40 * number, np.uint8)
        # A bright row that only the middle of the image has.
        pixels[size[1] // 2] = 255
        Image.fromarray(pixels).save(folder / f"{number}.png")


@pytest.fixture
def celeba(tmp_path):
    write_images(tmp_path / "images", len(VALUES))
    rows = [
        " ".join([f"{n}.png", *("1" if v else "-1" for v in row)])
        for n, row in enumerate(VALUES)
    ]
    (tmp_path / "list_attr_celeba.txt").write_text(
        "\n".join([str(len(rows)), " ".join(NAMES), *rows])
    )
    (tmp_path / "list_eval_partition.txt").write_text(
        "".join(f"{n}.png {0 if n < 4 else 2}\n" for n in range(len(rows)))
    )
    return tmp_path


def test_a_celeba_folder(celeba):
    data = open_data(celeba, 16, attributes=("Smile", "Hat"))
    assert data.layout == "attributes"
    assert data.attributes == ("Smile", "Hat")
    assert data.counts("train") == {"a": 4}
    assert data.names("a", "test") == ["4", "5"]
    (batch,) = data.test_batches(split="train", batch_size=9)
    assert set(batch) == {"image", "attributes", "index"}
    assert batch["image"].shape == (4, 16, 16, 3)
    np.testing.assert_array_equal(batch["attributes"], VALUES[:4, [1, 0]])
    facts = data.describe()
    assert facts["attributes"]["train"] == {"Smile": 0.5, "Hat": 0.5}
    assert data.region_names == ()


def test_the_same_list_as_a_table(celeba):
    table = [",".join(["file", *NAMES])]
    table += [
        ",".join([f"{n}.png", *map(str, row)]) for n, row in enumerate(VALUES)
    ]
    first = open_data(celeba, 16, attributes=NAMES[:2])
    (celeba / "list_attr_celeba.txt").unlink()
    (celeba / "attributes.csv").write_text("\n".join(table))
    second = open_data(celeba, 16, attributes=NAMES[:2])
    for one, other in zip(
        first.train_batches(3, seed=1).take(2),
        second.train_batches(3, seed=1).take(2),
        strict=True,
    ):
        for name in ("image", "attributes", "index"):
            np.testing.assert_array_equal(one["a"][name], other["a"][name])
    changed = (celeba / "attributes.csv").read_text()
    (celeba / "attributes.csv").write_text(
        changed.replace("0.png,1,0", "0.png,1,1")
    )
    third = open_data(celeba, 16, attributes=NAMES[:2])
    assert third.describe()["fingerprint"] != second.describe()["fingerprint"]


@pytest.mark.parametrize("crop", [None, 10, 1000])
def test_centred_squares(celeba, crop):
    side = 10 if crop == 10 else 20
    data = open_data(celeba, side, attributes=("Hat",), centre_crop=crop)
    (batch,) = data.test_batches(split="train", batch_size=1, limit=1)
    image = batch["image"].numpy()[0]
    # Files are 20 wide, 30 high, with the bright row at 15.
    bright = np.flatnonzero((image > 0.99).all((1, 2)))
    assert bright.tolist() == [15 - (30 - side) // 2]


def test_boxes_become_regions(celeba):
    (celeba / "regions.csv").write_text(
        "region,x0,y0,x1,y1\nhair_top,2,5,10,9\nSmile,4,20,6,22\n"
    )
    data = open_data(celeba, 20, attributes=("Hat", "Smile", "Blond_Hair"))
    assert data.region_names == ("Smile", "Blond_Hair")
    (batch,) = data.test_batches(limit=1)
    expected = np.zeros((20, 20, 3))
    expected[15:17, 4:6, 1] = 1  # five rows are cut off above
    expected[0:4, 2:10, 2] = 1
    np.testing.assert_array_equal(batch["attribute_regions"][0], expected)


def test_synthetic_scenes_and_their_exact_regions():
    data = open_data(
        "synthetic:attributes",
        16,
        seed=3,
        synthetic_count=(5, 4),
        attributes=("base", "cap"),
    )
    (batch,) = data.test_batches(batch_size=4)
    for number in range(4):
        image, on, regions = attribute_scenes.draw(3, "test", number, (16, 16))
        np.testing.assert_allclose(
            batch["image"][number], image / 127.5 - 1, atol=1e-6
        )
        np.testing.assert_array_equal(batch["attributes"][number], on[[2, 0]])
        np.testing.assert_array_equal(
            batch["attribute_regions"][number], regions[..., [2, 0]]
        )
    (train,) = data.train_batches(2, seed=0).take(1)
    assert set(train) == {"a"}
    assert set(train["a"]) == {"image", "attributes", "index", "window"}


def test_exemplars_differ_and_depend_on_the_step_alone():
    data = open_data(
        "synthetic:attributes", 8, seed=0, synthetic_count=(40, 30)
    )
    options = {"seed": 5, "pairing": "with_exemplar"}
    whole = list(data.train_batches(4, **options).take(6))
    rest = list(data.train_batches(4, start_step=3, **options).take(3))
    for batch, same in zip(whole[3:], rest, strict=True):
        for domain in ("a", "b"):
            np.testing.assert_array_equal(
                batch[domain]["index"], same[domain]["index"]
            )
            np.testing.assert_array_equal(
                batch[domain]["image"], same[domain]["image"]
            )
    for pair in [*whole, *data.test_pairs(batch_size=7)]:
        apart = pair["a"]["attributes"] != pair["b"]["attributes"]
        assert tf.reduce_all(tf.reduce_any(apart, axis=1))
    shown = data.sample_batch(3, pairing="with_exemplar")
    assert shown["b"]["image"].shape == (3, 8, 8, 3)
    assert "attribute_regions" in shown["a"]


@pytest.mark.medium
def test_partners_are_uniform_over_those_that_differ(celeba):
    data = open_data(celeba, 16, attributes=NAMES[:2])
    partners = Differing(data.source("a", "train").attributes, data)
    drawn = [
        int(partners(tf.constant(n, tf.int64), tf.constant(0, tf.int64), 7))
        for n in range(600)
    ]
    # Image 0 has (1, 0); 1, 2 and 3 have other combinations.
    counts = np.bincount(drawn, minlength=4)
    assert counts[0] == 0 and (np.abs(counts[1:] - 200) < 50).all()


def test_a_bad_image_is_left_out_with_its_row(celeba):
    (celeba / "images" / "1.png").write_bytes(b"no image")
    with pytest.raises(UserError, match=r"1\.png: is damaged"):
        open_data(celeba, 16, attributes=("Hat",))
    data = open_data(celeba, 16, attributes=("Hat",), skip_bad_files=True)
    (batch,) = data.test_batches(split="train", batch_size=9)
    np.testing.assert_array_equal(batch["attributes"][:, 0], [1, 1, 0])


def remove(name):
    return lambda root: (root / name).unlink()


def _replace_by_link(path):
    path.unlink()
    path.symlink_to("gone")


@pytest.mark.parametrize(
    ("damage", "attributes", "message"),
    [
        (None, ("Smille",), "Unknown attribute `Smille`.*mean: Smile"),
        (None, (), "No attribute is selected.*Hat, Smile, Blond_Hair"),
        (remove("images/2.png"), ("Hat",), "the first is `2.png`"),
        (remove("list_eval_partition.txt"), ("Hat",), "cannot be read"),
        (
            lambda root: (root / "images").rename(root / "pictures"),
            ("Hat",),
            "Expected the images in .*images",
        ),
        (
            lambda root: (root / "attributes.csv").write_text("file,A\nx,1"),
            ("Hat",),
            "which one counts",
        ),
        (
            lambda root: (root / "regions.csv").write_text("eyes,1,2,3,4"),
            ("Hat",),
            "Expected the columns region, x0",
        ),
        (
            lambda root: (root / "regions.csv").write_text(
                "region,x0,y0,x1,y1\neyes,5,2,3,4"
            ),
            ("Hat",),
            "Row 2 of .* is no box",
        ),
        (
            lambda root: (root / "regions.csv").write_text(
                "region,x0,y0,x1,y1\neyes,5,2,3"
            ),
            ("Hat",),
            "Expected four numbers in row 2",
        ),
        (
            lambda root: (root / "regions.csv").write_text(
                "region,x0,y0,x1,y1\neyes,1,2,inf,4"
            ),
            ("Hat",),
            "Row 2 of .* is no box",
        ),
        (
            lambda root: (root / "regions.csv").write_text(
                "region,x0,y0,x1,y1\n\neys,1,2,3,4"
            ),
            ("Hat",),
            "Row 3 of .*Unknown region `eys`.*eyes",
        ),
        (
            lambda root: (root / "regions.csv").write_bytes(b"\xff\xfe\x00"),
            ("Hat",),
            "is not a text file",
        ),
        (
            lambda root: _replace_by_link(root / "images" / "1.png"),
            ("Hat",),
            "1.png: is a link to gone, which is not there",
        ),
    ],
)
def test_mistakes_in_a_folder(celeba, damage, attributes, message):
    if damage:
        damage(celeba)
    with pytest.raises(UserError, match=message):
        open_data(celeba, 16, attributes=attributes)


def test_all_pairs_alike(celeba):
    data = open_data(celeba, 16, attributes=("Blond_Hair",))
    with pytest.raises(UserError, match="All 2 images .* same attributes"):
        data.test_pairs()


def test_attributes_of_data_without_any():
    with pytest.raises(UserError, match="synthetic has no attributes"):
        open_data("synthetic", 16, attributes=("cap",))
    with pytest.raises(UserError, match="Unknown attribute `cup`.*cap"):
        open_data("synthetic:attributes", 16, attributes=("cup",))


def test_domain_b_and_bad_numbers():
    data = open_data("synthetic:attributes", 8, synthetic_count=(3, 3))
    with pytest.raises(UserError, match="domain `b`"):
        data.test_batches("b")
    with pytest.raises(UserError, match="at least 1. Got: 0"):
        data.test_batches(batch_size=0)
