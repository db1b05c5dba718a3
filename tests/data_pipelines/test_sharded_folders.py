"""Shards give what the folder gives that they were made of."""

import json

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from data_pipelines import checks, open_data
from data_pipelines.folders import list_examples
from data_pipelines.prepare.shard_writing import write_shards
from data_pipelines.sharded_folders import INDEX, UNFINISHED, folder_at
from data_pipelines.splits import no_images, present_splits
from tfmask.ops.errors import UserError
from trainers.prepare_masks import images_to_mark

SMALL = 2000  # bytes: a few files a shard


@pytest.fixture
def sharded(tmp_path):
    """Function of a folder: the folder of its shards."""

    def make(folder, shard_bytes=SMALL):
        write_shards(folder, tmp_path / "shards", shard_bytes)
        return tmp_path / "shards"

    return make


def save(path, pixels, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, **options)


def photographs(root, folders, count=3):
    """Folders of JPEGs, one of them lying on its side, and one PNG."""
    rng = np.random.default_rng(0)
    for folder in folders:
        for number in range(count):
            pixels = rng.integers(0, 256, (16, 24, 3), np.uint8)
            kind, exif = "jpg" if number else "png", Image.Exif()
            exif[0x0112] = 6 if number == 1 else 1
            save(root / folder / f"{number}.{kind}", pixels, exif=exif)
    return root


def attributes(root):
    photographs(root, ["images"], count=4)
    rows = ["file,Hat,Smile", "0.png,1,0", "1.jpg,0,1", "2.jpg,1,1"]
    (root / "attributes.csv").write_text("\n".join([*rows, "3.jpg,0,0"]))
    (root / "regions.csv").write_text("region,x0,y0,x1,y1\nHat,0,0,9,4\n")
    (root / "list_eval_partition.txt").write_text(
        "0.png 0\n1.jpg 0\n2.jpg 0\n3.jpg 2\n"
    )
    return root


def colours(root):
    """Pairs whose b is a label map with a table of its colours."""
    photographs(root, ["train/A"])
    for number in range(3):
        pixels = np.full((16, 24, 3), (200, 0, 0), np.uint8)
        if number == 1:  # its partner lies on its side
            pixels = pixels.transpose(1, 0, 2)
        pixels[:, :4] = 0, 200, 0
        save(root / "train" / "B" / f"{number}.png", pixels)
    (root / "classes.csv").write_text(
        "index,name,r,g,b\n0,one,200,0,0\n1,two,0,200,0\n"
    )
    return root


PLAIN = ("trainA", "trainB")
KINDS = {
    "two domains": (lambda root: photographs(root, PLAIN), {}),
    "pairs by name": (lambda root: photographs(root, PLAIN), {"paired": True}),
    "pairs": (colours, {"label_domains": ("b",)}),
    "side by side": (lambda root: photographs(root, ["train"]), {}),
    "attributes": (attributes, {"attributes": ("Smile", "Hat")}),
}


def equal(location, shards, **options):
    """Compares two locations, example by example; returns both sets."""
    old, new = (
        open_data(where, 8, splits=("train",), **options)
        for where in (location, shards)
    )
    facts = old.describe() | {"location": str(shards)}
    assert new.describe() == facts
    assert new.palettes == old.palettes
    for role in old.roles:
        assert new.names(role, "train") == old.names(role, "train")
        pair = [data.source(role, "train") for data in (old, new)]
        wanted = {
            "region": pair[0].has_regions,
            "instances": old.instance_count if pair[0].has_instances else 0,
        }
        if old.attributes:
            wanted["attribute_regions"] = True
        for index in range(len(pair[0].names)):
            mine, others = (s.load(index, None, **wanted) for s in pair)
            tf.nest.map_structure(np.testing.assert_array_equal, mine, others)
    return old, new


@pytest.fixture
def from_disk(monkeypatch):
    """As for sets that are too large for the memory."""
    monkeypatch.setattr(checks, "MEMORY_LIMIT", 0)


@pytest.mark.parametrize("kind", KINDS)
def test_equal_images(kind, tmp_path, sharded, from_disk):
    make, options = KINDS[kind]
    folder = make(tmp_path / "photos")
    equal(folder, sharded(folder), **options)


def test_equal_images_in_memory(tmp_path, sharded):
    folder = photographs(tmp_path / "photos", PLAIN)
    equal(folder, sharded(folder))


def test_equal_masks_and_batches(synthetic_folder, sharded, from_disk):
    shards = sharded(synthetic_folder)
    assert len(list(shards.glob("*.tfrecord"))) > 3
    assert present_splits(str(shards)) == ("train", "test")
    both = equal(synthetic_folder, shards)
    assert both[0].has_instances("train")
    mine, others = (next(iter(d.train_batches(4, seed=3))) for d in both)
    tf.nest.map_structure(np.testing.assert_array_equal, mine, others)


def test_a_few_given_masks(tmp_path, sharded):
    folder = photographs(tmp_path / "photos", PLAIN)
    for name in ("trainA", "trainB"):
        white = np.full((16, 24), 255, np.uint8)
        save(folder / f"{name}_mask" / "2.png", white)
    shards = sharded(folder)
    with pytest.raises(UserError, match=r"trainA_mask/0\.png is missing"):
        open_data(shards, splits=("train",))
    equal(folder, shards, masks_for_training=1)


def test_a_bad_file_is_told_by_its_name_in_the_folder(tmp_path, sharded):
    folder = photographs(tmp_path / "photos", PLAIN)
    (folder / "trainB" / "1.jpg").write_bytes(b"no image")
    (folder / "trainB" / "7.webp").write_bytes(b"RIFF")
    shards = sharded(folder)
    with pytest.raises(UserError) as error:
        open_data(shards, splits=("train",))
    assert f"{shards}/trainB/1.jpg: is damaged" in str(error.value)
    assert f"{shards}/trainB/7.webp: is a WebP image" in str(error.value)
    data = open_data(shards, splits=("train",), skip_bad_files=True)
    assert data.names("b", "train") == ["0", "2"]


def test_missing_folders_are_told_as_for_images(tmp_path, sharded):
    shards = sharded(photographs(tmp_path / "photos", PLAIN))
    with pytest.raises(UserError, match=r"Missing: .*/testA\. Found there: tr"):
        open_data(shards)
    assert present_splits(str(shards)) == ("train",)
    assert "no testA and testB" in no_images(str(shards), "test")


def test_masks_are_marked_in_the_image_folder(tmp_path, sharded):
    shards = sharded(photographs(tmp_path / "photos", PLAIN))
    with pytest.raises(UserError, match="needs the folder of images"):
        images_to_mark(shards, count=1, skip_bad_files=False)


def test_names_that_are_not_utf8(tmp_path, sharded):
    folder = photographs(tmp_path / "photos", PLAIN)
    name = b"\xff.jpg".decode(errors="surrogateescape")
    (folder / "trainA" / "1.jpg").rename(folder / "trainA" / name)
    equal(folder, sharded(folder))


def damaged(shards, change):
    """The message about shards after a change of the first of them."""
    change(sorted(shards.glob("*.tfrecord"))[0])
    with pytest.raises(UserError) as error:
        open_data(shards, splits=("train",))
    return str(error.value)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda shard: shard.unlink(), "shard-00000.tfrecord` is missing"),
        (
            lambda shard: shard.write_bytes(shard.read_bytes()[:-1]),
            "Expected: ",
        ),
        (
            lambda shard: shard.write_bytes(shard.read_bytes()[:-1] + b"x"),
            "is damaged: its SHA-256 is",
        ),
    ],
    ids=["missing", "cut off", "changed"],
)
def test_damaged_shards(change, words, tmp_path, sharded):
    shards = sharded(photographs(tmp_path / "photos", PLAIN))
    message = damaged(shards, change)
    assert words in message and "shard-00000" in message


def test_a_shard_that_is_cut_off_during_a_training(tmp_path, sharded):
    shards = sharded(photographs(tmp_path / "photos", PLAIN))
    last = list_examples(shards, "train", "b")[-1].image
    content = last.read()
    with open(last.path, "r+b") as shard:
        shard.truncate(last.span[0] + last.span[1] - 1)
    with pytest.raises(OSError, match="the shard ends too early"):
        last.read()
    whole = (tmp_path / "photos" / "trainB" / "2.jpg").read_bytes()
    assert content == whole


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"version": 2}', "has the version 2. Expected: 1"),
        ('{"version": 1}', "is damaged, or it is no index"),
        ("[]", "is damaged, or it is no index"),
        ("{", "is damaged, or it is no index"),
    ],
)
def test_other_indices(text, words, tmp_path):
    (tmp_path / INDEX).write_text(text)
    with pytest.raises(UserError) as error:
        open_data(tmp_path)
    assert words in str(error.value) and INDEX in str(error.value)


def test_unfinished_shards_are_no_data(tmp_path):
    (tmp_path / UNFINISHED).touch()
    with pytest.raises(UserError, match="Give the command `tfmask prepare sh"):
        open_data(tmp_path)


def test_a_changed_index_is_read_anew(tmp_path, sharded):
    shards = sharded(photographs(tmp_path / "photos", PLAIN))
    assert (folder_at(shards) / "trainA").is_dir()
    facts = json.loads((shards / INDEX).read_text())
    (shards / "new").write_text(json.dumps(facts | {"version": 2}))
    (shards / "new").replace(shards / INDEX)
    with pytest.raises(UserError, match="has the version 2"):
        folder_at(shards)
