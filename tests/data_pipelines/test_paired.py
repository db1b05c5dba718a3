"""Pairs: which files belong together, and that they stay together."""

import numpy as np
import pytest
from PIL import Image

from data_pipelines import Shard, open_data, paired_scenes
from tfmask.ops.errors import UserError

RNG = np.random.default_rng(0)
SIDE = 20
NAMES = ("i2", "i10", "x", "y", "z")


def save(path, pixels):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


def pair(height=SIDE, width=SIDE):
    """An image, and its negative."""
    pixels = RNG.integers(0, 256, (height, width, 3), np.uint8)
    return pixels, 255 - pixels


def folders(root, layout="{split}/{domain}", names=NAMES, splits=("train",)):
    for split in splits:
        for name in names:
            for domain, pixels in zip("AB", pair(), strict=True):
                folder = root / layout.format(split=split, domain=domain)
                save(folder / f"{name}.png", pixels)
    return root


def side_by_side(root, names=NAMES):
    for name in names:
        save(root / "train" / f"{name}.png", np.concatenate(pair(), axis=1))
    return root


def negatives(root):
    return open_data(root, 16, splits=("train",), paired=True)


LAYOUTS = pytest.mark.parametrize(
    "make",
    [
        folders,
        side_by_side,
        lambda root: folders(root, layout="{split}{domain}"),
    ],
    ids=["folders", "side_by_side", "trainA"],
)


@LAYOUTS
def test_partners_get_one_crop_and_one_flip(tmp_path, make):
    """Both images of a pair have the same crop: b stays the negative of a."""
    data = negatives(make(tmp_path))
    assert data.layout == "pairs" and data.kind == "folder"
    assert data.names("a", "train") == data.names("b", "train") == list(NAMES)
    batches = [
        *data.train_batches(5, seed=3, load_size=SIDE, pairing="together").take(
            6
        )
    ]
    seen = {domain: set() for domain in "ab"}
    for batch in batches:
        np.testing.assert_array_equal(batch["a"]["index"], batch["b"]["index"])
        first, second = batch["a"]["image"], batch["b"]["image"]
        np.testing.assert_allclose(first, -second, atol=1e-5)
        for domain in "ab":
            images = batch[domain]["image"].numpy()
            seen[domain] |= {image.tobytes() for image in images}
    # 30 examples of 5 images: windows and flips differ.
    assert len(seen["a"]) > 15


@LAYOUTS
def test_test_pairs_keep_the_order(tmp_path, make):
    data = negatives(make(tmp_path))
    batches = [*data.test_pairs(split="train", batch_size=2, limit=3)]
    assert [list(b["b"]["index"].numpy()) for b in batches] == [[0, 1], [2]]
    for batch in batches:
        first, second = batch["a"]["image"], batch["b"]["image"]
        np.testing.assert_allclose(first, -second, atol=1e-5)
    (alone,) = data.test_batches("b", split="train", batch_size=2, limit=2)
    np.testing.assert_array_equal(alone["image"], batches[0]["b"]["image"])


def test_shards_are_parts_of_the_batch(tmp_path):
    data = negatives(folders(tmp_path))
    options = {"seed": 2, "pairing": "together"}
    (whole,) = data.train_batches(4, **options).take(1)
    parts = []
    for first in range(2):
        shard = Shard(first=first, total=2)
        parts += data.train_batches(4, shard=shard, **options).take(1)
    for domain in "ab":
        joined = np.concatenate([part[domain]["image"] for part in parts])
        np.testing.assert_array_equal(whole[domain]["image"], joined)


def test_pairs_can_be_drawn_as_if_they_were_none(tmp_path):
    data = negatives(folders(tmp_path))
    batches = [*data.train_batches(5, seed=3, pairing="unpaired").take(4)]
    differ = [
        np.any(batch["a"]["index"] != batch["b"]["index"]) for batch in batches
    ]
    assert all(differ)


def test_unpaired_data_has_no_pairs(tmp_path):
    root = folders(tmp_path, layout="{split}{domain}")
    data = open_data(root, 16, splits=("train",))
    assert data.layout == "domains"
    with pytest.raises(
        UserError, match="Unknown pairing .*`together`.*unpaired"
    ):
        data.train_batches(1, seed=0, pairing="together")


def message(root, **options):
    with pytest.raises(UserError) as error:
        open_data(root, 16, splits=("train",), **options)
    return str(error.value)


def test_names_that_do_not_match_are_named_on_both_sides(tmp_path):
    root = folders(tmp_path)
    for name in ("a1", "a2", "a3", "a4"):
        save(root / "train" / "A" / f"{name}.png", pair()[0])
    (root / "train" / "A" / "y.png").unlink()
    text = message(root)
    assert "4 of 8 in train/A: a1, a2, a3, ..." in text
    assert "1 of 5 in train/B: y." in text
    data = open_data(root, 16, splits=("train",), skip_bad_files=True)
    assert data.names("a", "train") == ["i2", "i10", "x", "z"]
    assert len(data.skipped) == 5
    reasons = dict(data.skipped)
    assert reasons[str(root / "train" / "B" / "y.png")] == (
        "has no partner of its name in train/A"
    )


def test_suffixes_may_differ(tmp_path):
    root = folders(tmp_path, names=("x",))
    save(root / "train" / "A" / "y.jpg", pair()[0])
    save(root / "train" / "B" / "y.PNG", pair()[1])
    data = open_data(root, 16, splits=("train",))
    assert data.names("b", "train") == ["x", "y"]


def test_two_partners_of_one_name(tmp_path):
    root = folders(tmp_path)
    save(root / "train" / "B" / "x.jpg", pair()[0])
    assert "has the same name as x.jpg" in message(root)


def test_partners_of_different_size(tmp_path):
    root = folders(tmp_path)
    save(root / "train" / "B" / "x.png", pair(SIDE, 18)[0])
    text = message(root)
    assert str(root / "train" / "B" / "x.png") in text
    assert "is 20 high and 18 wide, but its partner is 20 high and 20 wide" in (
        text
    )
    data = open_data(root, 16, splits=("train",), skip_bad_files=True)
    assert data.names("a", "train") == ["i2", "i10", "y", "z"]
    assert data.counts("train") == {"a": 4, "b": 4}


@pytest.mark.parametrize(
    ("height", "width", "text"),
    [
        (20, 41, "is 41 wide, expected an even width"),
        (20, 14, "is 20 high and 14 wide, expected at least 8 pixels on each"),
        (7, 40, "of each half"),
    ],
)
def test_files_that_are_no_two_images(tmp_path, height, width, text):
    root = side_by_side(tmp_path)
    save(root / "train" / "x.png", pair(height, width)[0])
    assert text in message(root)
    data = open_data(root, 16, splits=("train",), skip_bad_files=True)
    assert data.counts("train") == {"a": 4, "b": 4}


def test_an_empty_side(tmp_path):
    root = folders(tmp_path)
    for path in (root / "train" / "B").iterdir():
        path.unlink()
    assert f"in {root / 'train' / 'B'}. Got: an empty folder" in message(root)
    (root / "train" / "B").rmdir()
    text = message(root)
    assert f"Missing: {root / 'train' / 'B'}" in text and "train/A" in text


def test_all_bad(tmp_path):
    root = side_by_side(tmp_path, names=("x",))
    save(root / "train" / "x.png", pair(20, 41)[0])
    assert "No usable image is left for train" in message(
        root, skip_bad_files=True
    )


def test_train_a_wins_over_other_layouts(tmp_path):
    root = folders(tmp_path, names=("x",))
    folders(root, layout="{split}{domain}", names=("p", "q"))
    data = open_data(root, 16, splits=("train",))
    assert data.names("a", "train") == ["p", "q"]


def test_the_fingerprint_is_that_of_both_sides(tmp_path):
    root = folders(tmp_path)
    first = negatives(root).describe()["fingerprint"]
    assert negatives(root).describe()["fingerprint"] == first
    save(root / "train" / "B" / "x.png", pair()[0])
    assert negatives(root).describe()["fingerprint"] != first


@pytest.mark.parametrize("make", [folders, side_by_side])
def test_label_maps_get_no_new_colours(tmp_path, make):
    root = make(tmp_path)
    for path in (root / "train").rglob("*.png"):
        if path.parent.name != "A":
            width = SIDE if make is folders else 2 * SIDE
            save(path, 255 * RNG.integers(0, 2, (SIDE, width, 3), np.uint8))
    data = open_data(root, 16, splits=("train",), label_domains=("b",))
    (batch,) = data.train_batches(5, seed=0, pairing="together").take(1)
    (tests,) = data.test_batches("b", split="train", batch_size=5)
    for image in (batch["b"]["image"], tests["image"]):
        assert set(np.unique(image)) == {-1.0, 1.0}
    assert len(np.unique(batch["a"]["image"])) > 50
    plain = open_data(root, 16, splits=("train",))
    (batch,) = plain.train_batches(5, seed=0, pairing="together").take(1)
    assert len(np.unique(batch["b"]["image"])) > 50
    with pytest.raises(UserError, match="Unknown label domain `c`"):
        open_data(root, 16, label_domains=("c",))


def test_synthetic_pairs_are_exact():
    data = open_data("synthetic:paired", 16, seed=4, synthetic_count=(6, 3))
    assert data.layout == "pairs"
    colours = {tuple(c) for c in paired_scenes.PALETTE.colours}
    (batch,) = data.train_batches(6, seed=0, pairing="together").take(1)
    maps = np.rint((batch["b"]["image"].numpy() + 1) * 127.5).astype(int)
    assert {tuple(c) for c in maps.reshape(-1, 3)} == colours
    (tests,) = data.test_pairs(batch_size=3)
    for index in range(3):
        image, labels = paired_scenes.draw(4, "test", index, (16, 16))
        np.testing.assert_allclose(
            tests["a"]["image"][index], image / 127.5 - 1.0, atol=1e-5
        )
        expected = paired_scenes.coloured(labels) / 127.5 - 1.0
        np.testing.assert_allclose(
            tests["b"]["image"][index], expected, atol=1e-5
        )
    described = data.describe()
    other = open_data("synthetic:paired", 16, seed=5, synthetic_count=(6, 3))
    assert other.describe()["fingerprint"] != described["fingerprint"]
    assert described["regions"] == {"train": False, "test": False}


def test_labels_say_where_the_objects_are():
    """Another look changes the image exactly where the class is not 0."""
    from data_pipelines import synthetic

    looks = set()
    for index in range(8):
        image, labels = paired_scenes.draw(0, "train", index, (32, 32))
        look = int(labels.max())
        looks.add(look)
        other, _ = synthetic.draw(
            0, "a", "train", index, (32, 32), texture="ab"[2 - look]
        )
        changed = (image != other).any(-1)
        assert not (changed & (labels == 0)).any()
        assert (changed & (labels > 0)).sum() > 0.9 * (labels > 0).sum()
    assert looks == {1, 2}


def test_drawn_once_for_both_domains(monkeypatch):
    calls = []
    draw = paired_scenes.draw
    monkeypatch.setattr(
        paired_scenes, "draw", lambda *key: (calls.append(key), draw(*key))[1]
    )
    data = open_data("synthetic:paired", 16, synthetic_count=(1, 1))
    for _ in data.test_pairs(batch_size=1):
        pass
    for _ in data.test_batches("b", batch_size=1):
        pass
    assert len(calls) <= 2  # two threads may meet
