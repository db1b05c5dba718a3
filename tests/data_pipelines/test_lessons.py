"""Which images give their masks to a method, and batches of them."""

import hashlib

import numpy as np
import pytest
from PIL import Image

from data_pipelines import open_data, synthetic
from data_pipelines.seeded_order import Shard
from tfmask.ops.errors import UserError

SIDE = 16


def opened(location="synthetic", wanted=None, **options):
    options = {"splits": ("train",), "synthetic_count": (30, 1), **options}
    return open_data(location, SIDE, masks_for_training=wanted, **options)


def message(*args, **options):
    with pytest.raises(UserError) as error:
        opened(*args, **options)
    return str(error.value)


def taken(dataset, count):
    """The first batches, joined: dict of role to dict of arrays."""
    batches = list(dataset.take(count).as_numpy_iterator())
    return {
        role: {
            name: np.concatenate([batch[role][name] for batch in batches])
            for name in batches[0][role]
        }
        for role in batches[0]
    }


@pytest.fixture
def partial_folder(tmp_path):
    """Six images a domain, of which two of a and three of b have masks."""
    synthetic.write_folder(tmp_path, {"train": 6, "test": 2}, SIDE, seed=3)
    for domain in "AB":
        for path in (tmp_path / f"train{domain}_seg").iterdir():
            path.unlink()
        (tmp_path / f"train{domain}_seg").rmdir()
    for domain, count in (("A", 2), ("B", 3)):
        masks = sorted((tmp_path / f"train{domain}_mask").iterdir())
        for path in masks[count:]:
            path.unlink()
    return tmp_path


def test_no_mask_is_taught_unless_asked_for():
    assert opened().taught == opened(wanted=0).taught == {"a": (), "b": ()}
    assert "taught" not in opened().describe()
    assert opened(wanted=0).describe()["taught"] == {"a": [], "b": []}


def test_fewer_masks_are_among_more():
    five, twenty = (opened(wanted=n).taught for n in (5, 20))
    for role in "ab":
        assert len(five[role]) == 5 and len(twenty[role]) == 20
        assert set(five[role]) < set(twenty[role])
        assert list(twenty[role]) == sorted(twenty[role])
    assert opened(wanted="all").taught["b"] == tuple(range(30))


def test_the_choice_is_the_smallest_hashes_of_seed_role_and_name():
    for seed in (0, 7):
        data = opened(wanted=4, seed=seed)
        for role in "ab":
            names = sorted(
                data.names(role, "train"),
                key=lambda n, s=seed, r=role: hashlib.sha256(
                    f"{s} {r} {n}".encode()
                ).digest(),
            )
            taught = [data.names(role, "train")[i] for i in data.taught[role]]
            assert taught == sorted(names[:4])
            assert data.describe()["taught"][role] == taught
    assert opened(wanted=4).taught != opened(wanted=4, seed=7).taught
    assert opened(wanted=4).taught["a"] != opened(wanted=4).taught["b"]


def test_a_folder_with_few_masks(partial_folder):
    assert "is missing" in message(partial_folder)
    data = opened(partial_folder, 2)
    assert data.taught["a"] == (0, 1)
    assert len(data.taught["b"]) == 2 and max(data.taught["b"]) < 3
    assert not data.has_regions("train") and data.region_mean("a") is None
    assert data.describe()["regions"] == {"train": False}
    everything = opened(partial_folder, "all")
    assert everything.taught == {"a": (0, 1), "b": (0, 1, 2)}
    assert opened(partial_folder, 0).taught == {"a": (), "b": ()}


def test_masks_of_objects_may_be_few_too(partial_folder):
    folder = partial_folder / "trainA_seg"
    folder.mkdir()
    halves = np.zeros((2, SIDE, SIDE), np.uint8)
    halves[0, :, :4] = halves[1, :, 8:] = 255
    name = sorted((partial_folder / "trainA_mask").iterdir())[1].stem
    for number, half in enumerate(halves):
        Image.fromarray(half).save(folder / f"{name}_{number}.png")
    (partial_folder / "trainA_mask" / f"{name}.png").unlink()
    data = opened(partial_folder, 2)
    assert data.taught["a"] == (0, 1) and not data.has_instances("train", "a")
    a = taken(data.lesson_batches(8, seed=0), 1)["a"]
    region = a["region"][a["index"] == 1][0, ..., 0]
    np.testing.assert_array_equal(region, halves.max(0) / 255)


def test_test_images_lack_no_mask(partial_folder):
    next((partial_folder / "testA_mask").iterdir()).unlink()
    assert "is missing" in message(partial_folder, 2, splits=("train", "test"))


def test_more_masks_than_there_are(partial_folder):
    text = message(partial_folder, 3)
    assert f"{partial_folder}/trainA_mask has masks for 2 training" in text
    assert "--data.masks-for-training" in text and "is 3" in text
    assert "synthetic has 30 of trainA" in message("synthetic", 31)


def test_a_mask_without_an_image(partial_folder):
    mask = sorted((partial_folder / "trainB_mask").iterdir())[0]
    mask.rename(mask.with_name("mispelt.png"))
    text = message(partial_folder, 1)
    assert "`mispelt`" in text and str(mask.parent) in text


def test_sets_without_masks(plain_folder):
    root = plain_folder()
    assert f"{root}/trainA_mask has masks for 0" in message(root, 1)
    assert f"{root}/trainA_mask has masks for 0" in message(root, "all")
    assert "pairs" in message("synthetic:paired", 2)
    assert opened("synthetic:paired", 0).taught == {"a": (), "b": ()}


@pytest.mark.parametrize("wanted", [-1, "some", 1.5])
def test_numbers_that_make_no_sense(wanted):
    text = message("synthetic", wanted)
    assert "--data.masks-for-training" in text and repr(wanted) in text


def test_lessons_are_the_images_and_their_masks(partial_folder):
    data = opened(partial_folder, "all")
    lessons = taken(data.lesson_batches(4, seed=1), 12)
    for role, count in (("a", 2), ("b", 3)):
        own = lessons[role]
        assert len(own["index"]) == 48 and own["index"].dtype == np.int64
        assert set(own["index"]) == set(range(count))
        assert own["taught"].dtype == np.float32 and own["taught"].all()
    assert (lessons["a"]["index"] != lessons["b"]["index"]).any()


def test_lessons_equal_the_files(partial_folder):
    data = opened(partial_folder, "all")
    a = taken(data.lesson_batches(4, seed=1), 3)["a"]
    for place, index in enumerate(a["index"]):
        name = data.names("a", "train")[index]
        with Image.open(partial_folder / "trainA_mask" / f"{name}.png") as file:
            mask = np.asarray(file.convert("L")) > 127
        np.testing.assert_array_equal(a["region"][place, ..., 0], mask)
        path = next((partial_folder / "trainA").glob(f"{name}.*"))
        with Image.open(path) as file:
            pixels = np.asarray(file.convert("RGB"))
        image = (a["image"][place] + 1) * 127.5
        np.testing.assert_allclose(image, pixels, atol=1e-3)


def test_lessons_are_drawn_uniformly():
    data = opened(wanted=4)
    a = taken(data.lesson_batches(200, seed=0), 2)["a"]
    counts = np.bincount(a["index"], minlength=30)[list(data.taught["a"])]
    assert counts.sum() == 400
    # Four standard deviations of a binomial of 400 and a quarter.
    assert np.abs(counts - 100).max() < 4 * np.sqrt(400 * 0.25 * 0.75)


@pytest.mark.medium
def test_lessons_follow_seed_and_step_alone():
    data = opened(wanted=5)
    straight = taken(data.lesson_batches(4, seed=3, all_images=True), 4)
    late = taken(
        data.lesson_batches(4, seed=3, start_step=2, all_images=True), 2
    )
    single = taken(data.lesson_batches(1, seed=3, all_images=True), 16)
    other = taken(data.lesson_batches(4, seed=4, all_images=True), 4)
    second = taken(
        data.lesson_batches(
            4, seed=3, all_images=True, shard=Shard(first=1, total=2)
        ),
        4,
    )
    of_second = np.arange(16) % 4 >= 2
    for role in "ab":
        assert (other[role]["index"] != straight[role]["index"]).any()
        for name, values in straight[role].items():
            np.testing.assert_array_equal(late[role][name], values[8:])
            np.testing.assert_array_equal(single[role][name], values)
            np.testing.assert_array_equal(second[role][name], values[of_second])


def test_even_examples_of_all_images_are_taught():
    data = opened(wanted=3)
    for role, own in taken(
        data.lesson_batches(64, seed=0, all_images=True), 2
    ).items():
        even = np.arange(128) % 2 == 0
        assert set(own["index"][even]) == set(data.taught[role])
        assert not set(own["index"][~even]) & set(data.taught[role])
        assert len(set(own["index"][~even])) > 20
        np.testing.assert_array_equal(own["taught"], even)
        # The synthetic set has masks of all images. The batches must not show
        # the others.
        assert not own["region"][~even].any()
        assert own["region"][even].any((1, 2, 3)).all()


def test_all_images_where_one_kind_is_missing():
    a = taken(opened().lesson_batches(64, seed=0, all_images=True), 4)["a"]
    assert len(set(a["index"])) == 30
    assert not a["taught"].any() and not a["region"].any()
    full = opened(wanted="all", synthetic_count=(3, 1))
    a = taken(full.lesson_batches(64, seed=0, all_images=True), 1)["a"]
    assert set(a["index"]) == {0, 1, 2} and a["taught"].all()


def test_lessons_without_a_taught_image():
    with pytest.raises(UserError, match="domain a of synthetic.*masks-for"):
        opened().lesson_batches(4, seed=0)


def test_lessons_of_attributes():
    data = opened("synthetic:attributes", 4, attributes=("cap", "base"))
    lessons = taken(data.lesson_batches(32, seed=0, all_images=True), 1)
    assert list(lessons) == ["a"]
    a, even = lessons["a"], np.arange(32) % 2 == 0
    assert a["attribute_regions"].shape == (32, SIDE, SIDE, 2)
    assert a["attributes"].shape == (32, 2)
    assert not a["attribute_regions"][~even].any()
    assert a["attribute_regions"][even].any()
    np.testing.assert_array_equal(
        a["region"][..., 0], a["attribute_regions"].max(-1)
    )
