"""Own masks: how they are made, and the messages about them."""

import numpy as np
import pytest
import tensorflow as tf
from tiny import tiny_config

from tfmask.ops.edges import middle_of_image
from tfmask.training.building import build_method
from tfmask.training.own_masks import OwnMaskMaker
from tfmask.training.training_data import following, open_training_data


def maker(masks_of=None, masks=None, **options):
    """A method before its lessons at step 0, its data and what is said.

    Args:
        masks_of: function of images that stands in for the attention; None:
            the true regions of the synthetic images.
        masks: see `data.masks_for_training`.
    """
    options = {
        "lesson_epochs": 2,
        "own_mask_rounds": 1,
        "first_own_masks": "found",
        **options,
    }
    config = tiny_config(
        "attention_guided",
        data__masks_for_training=masks,
        **{f"method__{name}": value for name, value in options.items()},
    )
    data = open_training_data(config)
    method = build_method(following(config, data), steps_an_epoch=2)
    if masks_of is not None:
        method.attend = masks_of
    said = []
    mask_maker = OwnMaskMaker(data, said.append)
    mask_maker.set_model(method)
    return method, data, mask_maker, said


def own_masks(method):
    return [memory.masks.numpy() for memory in method.memories.values()]


@pytest.mark.medium
def test_masks_of_the_middle_are_made_once():
    method, _, mask_maker, said = maker(
        bright, first_own_masks="middle", own_mask_rounds=2
    )
    first, second = method.own_mask_steps
    mask_maker.on_train_batch_begin(first)
    before = own_masks(method)
    mask_maker.on_train_batch_begin(second)
    assert "stay as they are" in said[-1]
    for old, new in zip(before, own_masks(method), strict=True):
        np.testing.assert_array_equal(old, new)


def level(value):
    return lambda image, domain: tf.fill(image[..., :1].shape, value)


def bright(image, domain):
    """0.2 or 0.3: weak masks, which Otsu's threshold can still divide."""
    return tf.where(image[..., :1] > 0, 0.3, 0.2)


def test_masks_are_cut_at_their_own_threshold():
    method, data, mask_maker, said = maker(bright)
    mask_maker.on_train_batch_begin(0)
    assert ["cut at 0.25" in line for line in said] == [True, True]
    images = np.concatenate(
        [b["image"] for b in data.test_batches("a", split="train")]
    )
    expected = images[..., 0] > 0
    got = method.memories["own_masks_a"].masks.numpy() > 0
    # Mirrored twice and at the edges of the images: nearly the same.
    assert np.mean(got == expected) > 0.85


@pytest.mark.medium
def test_they_are_made_at_the_steps_of_the_rounds_alone():
    method, _, mask_maker, said = maker(bright, lesson_start_epoch=1)
    assert method.own_mask_steps == (2,)
    for step in (0, 1, 3):
        mask_maker.on_train_batch_begin(step)
    assert not said
    assert not any(masks.any() for masks in own_masks(method))
    mask_maker.on_train_batch_begin(2)
    assert len(said) == 2
    assert all(masks.any() for masks in own_masks(method))


@pytest.mark.medium
@pytest.mark.parametrize("value", [0.0, 1.0])
def test_collapsed_masks_are_replaced_by_the_middle(value):
    method, _, mask_maker, said = maker(level(value))
    mask_maker.on_train_batch_begin(0)
    assert "collapsed" in said[0] and "the middle of the images" in said[0]
    middle = middle_of_image((16, 16)) > 0.5
    mean = own_masks(method)[0].mean(0)
    assert mean[middle].mean() > 2 * mean[~middle].mean()


@pytest.mark.medium
def test_masks_on_the_borders_are_not_believed():
    def on_the_border(image, domain):
        middle = middle_of_image(image.shape[1:3])[None, ..., None]
        return tf.tile(1.0 - middle, [image.shape[0], 1, 1, 1])

    _, _, mask_maker, said = maker(on_the_border, first_own_masks="auto")
    mask_maker.on_train_batch_begin(0)
    assert "at the borders" in said[0]
    _, _, mask_maker, said = maker(on_the_border, first_own_masks="found")
    mask_maker.on_train_batch_begin(0)
    assert "from the masks found" in said[0]


@pytest.mark.medium
def test_given_masks_are_believed():
    """The masks that they have learned are found, at any place."""
    method, _, mask_maker, said = maker(
        bright, masks=2, first_own_masks="middle"
    )
    (step,) = method.own_mask_steps
    assert step == 2
    mask_maker.on_train_batch_begin(step)
    assert "from the masks found" in said[0]
