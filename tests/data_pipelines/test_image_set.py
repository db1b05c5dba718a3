"""Training batches are a pure function of seed and example number."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from data_pipelines import Shard, augment, open_data, sized_examples
from tfmask.ops.arrays import image_to_uint8
from tfmask.ops.errors import UserError


@pytest.fixture(scope="module")
def data(synthetic_folder):
    return open_data(synthetic_folder, image_size=16)


@pytest.fixture(scope="module")
def drawn():
    return open_data("synthetic", 16, seed=1, synthetic_count=(7, 3))


def collect(dataset, count):
    return [
        tf.nest.map_structure(lambda x: x.numpy(), batch)
        for batch in dataset.take(count)
    ]


def assert_same(first, second):
    tf.nest.assert_same_structure(first, second)
    for one, two in zip(
        tf.nest.flatten(first), tf.nest.flatten(second), strict=True
    ):
        np.testing.assert_array_equal(one, two)


def indices(batches, domain):
    return np.concatenate([b[domain]["index"] for b in batches])


def test_batches_have_the_promised_form(data):
    dataset = data.train_batches(
        2, seed=0, with_regions=True, with_instances=True
    )
    assert dataset.element_spec["a"]["image"].shape == (2, 16, 16, 3)
    (batch,) = collect(dataset, 1)
    for domain in "ab":
        example = batch[domain]
        count = data.instance_count
        assert 1 <= count <= 4
        assert example["image"].shape == (2, 16, 16, 3)
        assert example["image"].dtype == np.float32
        assert -1 <= example["image"].min() < example["image"].max() <= 1
        assert example["region"].shape == (2, 16, 16, 1)
        assert set(np.unique(example["region"])) <= {0.0, 1.0}
        assert example["instances"].shape == (2, count, 16, 16, 1)
        np.testing.assert_array_equal(
            example["instances"].max(1), example["region"]
        )
        assert example["index"].dtype == np.int64


def test_masks_are_given_only_on_request(data):
    (batch,) = collect(data.train_batches(2, seed=0), 1)
    assert set(batch["a"]) == {"image", "index", "window"}


@pytest.mark.medium
@pytest.mark.parametrize("kind", ["data", "drawn"])
def test_the_same_seed_gives_the_same_batches(kind, request):
    data = request.getfixturevalue(kind)
    first, second, other = (
        collect(data.train_batches(3, seed=s, with_regions=True), 5)
        for s in (4, 4, 5)
    )
    assert_same(first, second)
    assert not np.array_equal(first[0]["a"]["image"], other[0]["a"]["image"])


@pytest.mark.parametrize("pairing", ["unpaired", "cycle"])
def test_starting_later_equals_skipping(data, pairing):
    whole = collect(data.train_batches(4, seed=2, pairing=pairing), 9)
    rest = collect(
        data.train_batches(4, seed=2, pairing=pairing, start_step=6), 3
    )
    assert_same(whole[6:], rest)


def test_starting_far_away_takes_no_time(data):
    (batch,) = collect(data.train_batches(2, seed=2, start_step=10**12), 1)
    assert batch["a"]["image"].shape == (2, 16, 16, 3)


@pytest.mark.medium
def test_two_shards_make_the_global_batch(data):
    whole = collect(data.train_batches(4, seed=2), 5)
    parts = [
        collect(data.train_batches(4, seed=2, shard=Shard(first=r, total=2)), 5)
        for r in range(2)
    ]
    joined = [
        tf.nest.map_structure(lambda *x: np.concatenate(x), *pair)
        for pair in zip(*parts, strict=True)
    ]
    assert_same(whole, joined)


def test_local_replicas_take_turns_in_one_pipeline(data):
    whole = collect(data.train_batches(8, seed=2, start_step=1), 3)
    shard = Shard(first=1, local=2, total=4)
    turns = collect(data.train_batches(8, seed=2, start_step=1, shard=shard), 6)
    for step, batch in enumerate(whole):
        for turn in range(2):
            part = tf.nest.map_structure(
                lambda x, r=1 + turn: x[2 * r : 2 * r + 2], batch
            )
            assert_same(part, turns[2 * step + turn])


def test_batch_size_does_not_change_the_examples(data):
    ones = collect(data.train_batches(1, seed=3), 6)
    threes = collect(data.train_batches(3, seed=3), 2)
    joined = [
        tf.nest.map_structure(lambda *x: np.concatenate(x), *ones[i : i + 3])
        for i in (0, 3)
    ]
    assert_same(joined, threes)


def test_each_epoch_visits_each_image_once_in_a_new_order(drawn):
    batches = collect(drawn.train_batches(1, seed=0, pairing="cycle"), 28)
    for domain in "ab":
        epochs = indices(batches, domain).reshape(4, 7)
        for epoch in epochs:
            assert sorted(epoch) == list(range(7))
        assert len({tuple(epoch) for epoch in epochs}) == 4
    assert (indices(batches, "a") != indices(batches, "b")).any()


def test_random_partners_are_uniform(drawn):
    batches = collect(drawn.train_batches(70, seed=0), 10)
    counts = np.bincount(indices(batches, "b"), minlength=7)
    assert counts.sum() == 700
    assert counts.min() > 70 and counts.max() < 130  # 100 +- 9.3


def test_sets_of_different_size_use_all_of_both(tmp_path, synthetic_folder):
    for domain, split in (("A", "trainA"), ("B", "testB")):
        (tmp_path / f"train{domain}").symlink_to(synthetic_folder / split)
    data = open_data(tmp_path, 16, splits=("train",))
    assert data.counts("train") == {"a": 6, "b": 3}
    batches = collect(data.train_batches(6, seed=0, pairing="cycle"), 2)
    for batch in batches:
        assert sorted(batch["a"]["index"]) == [0, 1, 2, 3, 4, 5]
        assert sorted(batch["b"]["index"]) == [0, 0, 1, 1, 2, 2]


def test_crops_differ_between_epochs_and_domains_move_apart(drawn):
    batches = collect(drawn.train_batches(1, seed=0, load_size=24), 14)
    order = indices(batches, "a")
    images = [b["a"]["image"] for b in batches]
    changed = sum(
        not np.array_equal(images[i], images[7 + list(order[7:]).index(n)])
        for i, n in enumerate(order[:7])
    )
    assert changed >= 6  # equal by chance: 1 in 162 for each


def test_instances_stay_on_what_they_were_painted_from(tmp_path):
    """Channel k of an image is its mask k: also after crops and flips."""
    rng = np.random.default_rng(0)
    for domain in "AB":
        folder = tmp_path / f"train{domain}"
        for path in (folder, tmp_path / f"train{domain}_seg"):
            path.mkdir()
        for number in range(2):
            masks = (rng.random((20, 20, 3)) < 0.5).astype(np.uint8) * 255
            Image.fromarray(masks).save(folder / f"{number}.png")
            for slot in range(3):
                name = f"train{domain}_seg/{number}_{slot}.png"
                Image.fromarray(masks[..., slot]).save(tmp_path / name)
    data = open_data(tmp_path, 16, splits=("train",))
    batches = collect(
        data.train_batches(2, seed=0, load_size=20, with_instances=True), 8
    )
    for domain in "ab":
        images = np.concatenate([b[domain]["image"] for b in batches])
        masks = np.concatenate([b[domain]["instances"] for b in batches])
        painted = np.moveaxis(images, -1, 1)[..., None] > 0
        np.testing.assert_array_equal(painted, masks > 0)
        assert len({image.tobytes() for image in images}) > 8


def as_trained(image):
    """A test image in [-1, 1], from its bytes as training images are."""
    pixels = tf.constant(image_to_uint8(image))
    return augment.normalise({"image": pixels})["image"].numpy()


def test_load_size_of_the_image_size_leaves_only_flips(drawn):
    (test,) = collect(drawn.test_batches("a", split="train", batch_size=7), 1)
    for kwargs in ({"load_size": 16}, {"crop": False}):
        batches = collect(drawn.train_batches(20, seed=1, **kwargs), 2)
        flipped = []
        for batch in batches:
            for image, index in zip(
                batch["a"]["image"], batch["a"]["index"], strict=True
            ):
                plain = as_trained(test["image"][index])
                flipped.append(not np.array_equal(image, plain))
                expected = plain[:, ::-1] if flipped[-1] else plain
                np.testing.assert_array_equal(image, expected)
        assert 10 <= sum(flipped) <= 30  # of 40


def test_default_load_size_is_that_of_cyclegan(data):
    # round(16 * 286 / 256)
    assert_same(
        collect(data.train_batches(2, seed=0), 2),
        collect(data.train_batches(2, seed=0, load_size=(18, 18)), 2),
    )


def test_load_size_that_makes_no_sense(data):
    with pytest.raises(UserError, match="at least the image size"):
        data.train_batches(1, seed=0, load_size=15)
    with pytest.raises(UserError, match="`crop` is off"):
        data.train_batches(1, seed=0, load_size=18, crop=False)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"batch_size": 0}, "`batch_size`"),
        ({"batch_size": 3, "shard": Shard(total=2)}, "replicas, 2"),
        ({"batch_size": 1, "start_step": -1}, "`start_step`"),
        ({"batch_size": 1, "pairing": "unpared"}, "Did you mean: unpaired"),
        ({"batch_size": 1, "seed": -1}, "`seed`"),
    ],
)
def test_arguments_that_make_no_sense(data, arguments, text):
    with pytest.raises(UserError, match=text):
        data.train_batches(**{"seed": 0, **arguments})


def test_shard_that_makes_no_sense():
    with pytest.raises(ValueError, match="`first` \\+ `local`"):
        Shard(first=1, local=2, total=2)


def test_test_batches_keep_the_order_and_the_last_batch(data):
    batches = collect(data.test_batches("a", batch_size=2), 9)
    assert [len(b["index"]) for b in batches] == [2, 1]
    assert list(np.concatenate([b["index"] for b in batches])) == [0, 1, 2]
    assert set(batches[0]) == {"image", "region", "index"}
    assert data.names("a", "test") == ["00000", "00001", "00002"]
    (limited,) = collect(data.test_batches("a", batch_size=9, limit=2), 9)
    assert len(limited["index"]) == 2
    with pytest.raises(UserError, match="`limit`"):
        data.test_batches("a", limit=0)


def test_region_from_instances_alone(tmp_path, synthetic_folder):
    for domain in "AB":
        for end in ("", "_seg"):
            (tmp_path / f"train{domain}{end}").symlink_to(
                synthetic_folder / f"train{domain}{end}"
            )
    parts = open_data(tmp_path, 24, splits=("train",))
    both = open_data(synthetic_folder, 24, splits=("train",))
    assert parts.has_regions("train")
    for one, two in zip(
        parts.test_batches("a", split="train", batch_size=3),
        both.test_batches("a", split="train", batch_size=3),
        strict=True,
    ):
        np.testing.assert_array_equal(one["region"], two["region"])


def test_masks_that_do_not_exist(plain_folder):
    data = open_data(plain_folder(), 16)
    with pytest.raises(UserError, match="trainA_mask and trainB_mask"):
        data.train_batches(1, seed=0, with_regions=True)
    with pytest.raises(UserError, match="trainA_seg and trainB_seg"):
        data.train_batches(1, seed=0, with_instances=True)


def test_region_mean_is_the_mean_training_mask(data):
    batches = collect(data.test_batches("b", split="train", batch_size=6), 1)
    mean = data.region_mean("b")
    assert mean.shape == (16, 16) and mean.dtype == np.float32
    np.testing.assert_allclose(
        mean, batches[0]["region"].mean(0)[..., 0], atol=1e-6
    )


def test_drawn_and_stored_images_agree(synthetic_folder):
    stored = open_data(synthetic_folder, 24)
    drawn = open_data("synthetic", 24, seed=3, synthetic_count=(6, 3))
    for domain in "ab":
        one, two = (
            next(iter(d.test_batches(domain, batch_size=3)))
            for d in (stored, drawn)
        )
        assert_same(one, two)


def test_a_mirrored_strategy_gets_its_slices(data, two_devices):
    strategy = tf.distribute.MirroredStrategy(two_devices)
    distributed = strategy.distribute_datasets_from_function(
        lambda context: data.train_batches(
            4, seed=0, shard=Shard(local=2, total=2)
        )
    )
    iterator = iter(distributed)
    for whole in collect(data.train_batches(4, seed=0), 3):
        parts = next(iterator)
        for domain in "ab":
            local = strategy.experimental_local_results(parts[domain]["image"])
            np.testing.assert_array_equal(
                np.concatenate(local), whole[domain]["image"]
            )


_DIGESTS = """
import hashlib
import tensorflow as tf
from data_pipelines import open_data

def digests(folder):
    for location in (folder, "synthetic"):
        data = open_data(location, 16, synthetic_count=(6, 3))
        digest = hashlib.sha256()
        for batch in data.train_batches(3, seed=1, with_regions=True).take(8):
            for array in tf.nest.flatten(batch):
                digest.update(array.numpy().tobytes())
        yield digest.hexdigest()
"""
_SWITCHED_ON = """
import sys
tf.config.experimental.enable_op_determinism()
tf.keras.utils.set_random_seed(1)
print(*digests(sys.argv[1]))
"""


@pytest.mark.slow
def test_determinism_switch_changes_nothing(synthetic_folder):
    here = {}
    exec(_DIGESTS, here)
    command = [sys.executable, "-c", _DIGESTS + _SWITCHED_ON]
    other = subprocess.run(
        [*command, str(synthetic_folder)],
        check=True,
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    expected = list(here["digests"](str(synthetic_folder)))
    assert other.stdout.split()[-2:] == expected


@pytest.mark.medium
@pytest.mark.parametrize("kept_count", [0, 2])
def test_images_in_memory_give_the_same_batches(data, monkeypatch, kept_count):
    """Two epochs, so that images come from memory and are made again."""
    more = {"seed": 4, "with_regions": True, "with_instances": True}
    cached = collect(data.train_batches(2, cached=True, **more), 6)
    arrays = cached[0]["a"]
    values = sum(arrays[n][0].size for n in ("image", "region", "instances"))
    # Images are kept before the crop from 18 to 16 pixels.
    limit = kept_count * values * 18**2 // 16**2
    monkeypatch.setattr(sized_examples, "KEPT_LIMIT", limit)
    fresh = open_data(data.location, image_size=16)
    assert_same(collect(fresh.train_batches(2, **more), 6), cached)


@pytest.mark.medium
def test_workers_share_an_epoch_without_overlap_or_loss():
    drawn = open_data("synthetic", 16, synthetic_count=(24, 1))
    seen = []
    for worker in range(3):  # of two replicas each
        shard = Shard(first=2 * worker, local=2, total=6)
        batches = drawn.train_batches(12, seed=1, shard=shard)
        # 24 images in steps of 12, in turn for each replica.
        seen += list(indices(collect(batches, 4), "a"))
    assert sorted(np.ravel(seen)) == list(range(24))
