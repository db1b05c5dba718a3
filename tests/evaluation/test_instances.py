"""Evaluation of instance methods: known maps, classifier, files, errors."""

import json

import numpy as np
import pytest
import tensorflow as tf
from fake_runs import measured

from data_pipelines import open_data
from tfmask.evaluation.loop import tasks_of
from tfmask.evaluation.run_evaluation import context_of
from tfmask.evaluation.shape_classifier import SIDE, ShapeClassifier, mask_crops
from tfmask.evaluation.tasks import Directions, Instances
from tfmask.methods import method_spec
from tfmask.ops.errors import UserError
from trainers.evaluate import Options

SEQUENCE = {"instances_per_step": 0, "keep_background": True}


class Swap:
    """Gives every instance the outline that the test wants."""

    spec = method_spec("instagan")
    directions = ("a_to_b", "b_to_a")
    multiple = 4

    def __init__(self, outlines=None):
        self.outlines = outlines
        self.per_step = []

    def translate(self, inputs, direction, per_step=None):
        self.per_step.append(per_step)
        image, instances = inputs["image"], inputs["instances"]
        if self.outlines is not None:
            there = tf.reduce_any(instances > 0, axis=(2, 3, 4), keepdims=True)
            outline = self.outlines[direction[-1]]
            instances = tf.cast(there, tf.float32) * outline
        return {
            "image": image,
            "instances": instances,
            "mask": tf.reduce_max(instances, axis=1),
        }


class Darken:
    """Translates plain images: 0.2 less everywhere."""

    spec = method_spec("cyclegan")
    directions = ("a_to_b", "b_to_a")
    multiple = 4

    def translate(self, inputs, direction):
        image = inputs["image"]
        return {"image": image - 0.2, "mask": tf.ones_like(image[..., :1])}


class TakesForB:
    """A classifier of domains that takes every second image for b's."""

    def takes_for(self, images, domain):
        return (np.arange(len(images)) % 2 > 0) == (domain == "b")

    def note(self, directions, split):
        share = directions["a_to_b"]["identity"]["classified_as_target"]
        return f"{split}: {share} of a are taken for b"


@pytest.fixture(scope="module", autouse=True)
def trained_once():
    """One classifier for all tests, so that it is trained only once."""
    known, train = {}, ShapeClassifier.train

    def once(self, *crops):
        key = tuple(part.tobytes() for part in crops)
        if key not in known:
            train(self, *crops)
            known[key] = self._network
        self._network = known[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ShapeClassifier, "train", once)
        yield


@pytest.fixture(scope="module")
def shapes():
    """48 discs and stars to learn from, 16 to measure."""
    return open_data("synthetic:shapes", 32, synthetic_count=(48, 16))


@pytest.fixture(scope="module")
def first_outlines(shapes):
    """(32, 32, 1) mask of the first test instance of each domain."""
    return {
        domain: next(iter(shapes.test_batches(domain, with_instances=True)))[
            "instances"
        ][0, 0]
        for domain in "ab"
    }


@pytest.mark.medium
def test_a_copy_scores_as_the_identity(shapes):
    result = measured(Swap(), shapes)
    assert result["n"] == {"a_to_b": 16, "b_to_a": 16}
    assert min(result["classifier"].values()) > 0.8
    for rows in result["directions"].values():
        assert rows["model"] == rows["identity"]
        assert rows["model"]["context_l1"] == 0.0
        assert rows["model"]["changed_share"] == 0.0
        assert rows["model"]["instances_kept"] == 1.0
        assert rows["model"]["target_share"] < 0.2
    assert "trained on the true masks" in result["notes"][0]


@pytest.mark.medium
def test_outlines_of_the_target_are_recognised(shapes, first_outlines):
    result = measured(Swap(first_outlines), shapes, classifier=TakesForB())
    assert result["notes"][-1] == "test: 0.5 of a are taken for b"
    for rows in result["directions"].values():
        assert rows["model"]["target_share"] == 1.0
        assert rows["model"]["classified_as_target"] == 0.5
        assert rows["identity"]["target_share"] < 0.2


@pytest.mark.medium
def test_images_with_few_instances_are_left_out_and_counted(shapes):
    result = measured(Swap(), shapes, min_instances=3)
    for domain in "ab":
        batch = next(
            iter(
                shapes.test_batches(domain, batch_size=16, with_instances=True)
            )
        )
        counts = batch["instances"].numpy().any((2, 3, 4)).sum(1)
        other = {"a": "b", "b": "a"}[domain]
        assert result["n"][f"{domain}_to_{other}"] == (counts >= 3).sum()
    assert "fewer than 3" in result["notes"][1]
    with pytest.raises(UserError, match="No image of testA has 9"):
        measured(Swap(), shapes, min_instances=9)


@pytest.mark.medium
def test_instances_of_a_step_reach_the_method(shapes):
    method = Swap()
    measured(method, shapes, sequence={"per_step": 0})
    assert set(method.per_step) == {0}


def test_masks_that_cover_everything_leave_no_context(shapes):
    everything = dict.fromkeys("ab", tf.ones((32, 32, 1)))
    result = measured(Swap(everything), shapes, limit=3)
    rows = result["directions"]["a_to_b"]
    assert rows["model"]["context_l1"] is None
    assert rows["identity"]["context_l1"] == 0
    assert any("3 images lie in masks" in note for note in result["notes"])
    json.dumps(result, allow_nan=False)


def test_plain_translations_have_no_outlines(shapes):
    result = measured(Darken(), shapes, instances=True, limit=3)
    for rows in result["directions"].values():
        numbers = rows["model"]
        assert numbers["context_l1"] == pytest.approx(0.2, rel=1e-5)
        assert numbers["changed_share"] == 1.0
        assert numbers["instances_kept"] is None
        assert numbers["target_share"] is None
        assert rows["identity"]["instances_kept"] == 1.0
        assert numbers.keys() == rows["identity"].keys()
    assert any("plain images" in note for note in result["notes"])
    json.dumps(result, allow_nan=False)


@pytest.mark.medium
def test_plain_methods_are_measured_around_instances_if_asked(shapes):
    files = {"run": "run", "data": "data", "json": "json"}
    asked = Options(**files, instances=True, min_instances=2, **SEQUENCE)
    method = Darken()
    context = context_of(asked, method, shapes)
    assert type(tasks_of(context)) is Instances
    assert context.min_instances == 2
    context.translation("a_to_b")({"image": np.zeros((1, 32, 32, 3))})
    method = Swap()
    context = context_of(Options(**files, **SEQUENCE), method, shapes)
    assert type(tasks_of(context)) is Instances
    assert context.min_instances == 1
    assert context.sequence == {"per_step": 0, "keep_background": True}
    context = context_of(Options(**files), Darken(), shapes)
    assert type(tasks_of(context)) is Directions


def test_the_numbers_are_json(shapes):
    json.dumps(measured(Swap(), shapes, limit=8))


def test_crops_do_not_depend_on_place_and_size():
    masks = np.zeros((1, 3, 64, 64, 1), np.float32)
    rows, columns = np.mgrid[:64, :64]
    masks[0, 0, ..., 0] = np.hypot(rows - 20, columns - 30) < 12
    masks[0, 1, ..., 0] = np.hypot(rows - 45, columns - 12) < 9
    crops = mask_crops(masks)
    assert crops.shape == (2, SIDE, SIDE, 1)
    assert np.abs(crops[0] - crops[1]).mean() < 0.06
    # A disc fills pi / 4 of its box, less the margin around it.
    assert abs(crops[0].mean() - np.pi / 4 / 1.15**2) < 0.05


def test_an_instance_at_the_border_keeps_its_proportions():
    masks = np.zeros((1, 1, 32, 32, 1), np.float32)
    masks[0, 0, :4, :20] = 1.0
    crop = mask_crops(masks)[0, ..., 0] > 0
    high, wide = crop.any(1).sum(), crop.any(0).sum()
    assert abs(wide / high - 5) < 1.0


def test_no_crops_have_no_share():
    empty = mask_crops(np.zeros((1, 2, 8, 8, 1)))
    assert empty.shape == (0, SIDE, SIDE, 1)
    assert np.isnan(ShapeClassifier().share_of(empty, "a"))
