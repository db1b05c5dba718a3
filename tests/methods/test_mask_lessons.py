"""Lessons: which networks learn, from which masks, in which steps."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf
from precisions import policy
from replicas import train_on_replicas
from tiny_methods import SIDE, attention_guided, batch, moved, weights_of

from tfmask.methods import mask_lessons, preset_config
from tfmask.methods.lesson_options import follow_lessons
from tfmask.ops.errors import UserError
from tfmask.training.schedule_length import describe_schedule

COUNT = 6


def lessons(**options):
    """A method with four steps of lessons; masks of two images are given."""
    options = {"lesson_epochs": 4, "given_masks": (2, 2), **options}
    return attention_guided(**options)


def lesson_batch(seed=0, count=2, taught=(1.0, 0.0)):
    rng = np.random.default_rng(seed)
    examples = batch(seed, count)
    for domain in examples.values():
        del domain["window"]
        region = rng.uniform(size=(count, SIDE, SIDE, 1)) > 0.5
        taught_values = np.resize(taught, count).astype("float32")
        domain["taught"] = tf.constant(taught_values)
        region = region * taught_values[:, None, None, None]
        domain["region"] = tf.constant(region, tf.float32)
    return examples


def own(method, seed=1):
    """Fills the memories; returns dict of domain to masks."""
    rng = np.random.default_rng(seed)
    masks = {}
    for name, memory in method.memories.items():
        masks[name[-1]] = rng.uniform(size=(COUNT, SIDE, SIDE)) > 0.5
        memory.write(masks[name[-1]])
    return masks


def test_without_lessons_nothing_is_there():
    method = attention_guided()
    assert "lessons" not in method.players
    assert method.rounds == (("generator", "discriminator"),)
    assert (method.memories, method.stream) == ({}, None)
    assert method.own_mask_steps == ()
    assert method.phase_at(10**6) == (False, False)


def test_given_masks_come_first_then_rounds_of_own_ones():
    method = lessons(
        lesson_epochs=12,
        lesson_start_epoch=5,
        own_mask_rounds=2,
        lesson_images=(COUNT, COUNT),
    )
    assert method.lesson_steps == (0, 12)
    assert method.own_mask_steps == (6, 9)
    phases = [method.phase_at(step)[2:] for step in (0, 5, 6, 8, 9, 11, 12)]
    assert phases == [
        *[("given",)] * 2,
        *[("own", 1)] * 2,
        *[("own", 2)] * 2,
        ("after",),
    ]
    assert method.phase_at(12) == (True, True, "after")


def test_without_given_masks_the_game_comes_first():
    method = lessons(
        given_masks=(),
        lesson_start_epoch=5,
        own_mask_rounds=2,
        lesson_images=(COUNT, COUNT),
    )
    assert method.lesson_steps == (5, 9)
    assert method.own_mask_steps == (5, 7)
    assert method.phase_at(4) == (False, False, "before")
    streams = []
    for step in (4, 5, 8, 9):
        method.phase = method.phase_at(step)
        streams.append(method.stream)
    own_alone = mask_lessons.Lessons(all_images=True, alone=True)
    assert streams == [None, own_alone, own_alone, None]


@pytest.mark.medium
@pytest.mark.parametrize("network", ["residual", "unet"])
def test_in_lessons_only_masks_learn_and_then_all_else(network):
    method = lessons(attention_network=network, attention_levels=2)
    attention = {"attention_a", "attention_b"}
    before = weights_of(method)
    method.train_step(lesson_batch())
    assert moved(method, before) == attention
    assert int(method.step) == 1
    names = set(method.terms.result())
    assert {name.split("/")[0] for name in names} == {"lessons"}

    method.phase = method.phase_at(4)
    before = weights_of(method)
    method.train_step(batch())
    assert moved(method, before) == set(before) - attention
    assert method.discriminator_masked


def test_the_card_says_where_masks_were_given():
    assert "true masks of some" in lessons().spec.mask
    assert "without true masks" in lessons(given_masks=()).spec.mask


def test_lessons_are_announced_where_they_begin():
    quick = preset_config("attention_guided", "quick", "photos")
    assert "lessons" not in describe_schedule(quick, 100)
    photos = preset_config("attention_guided", "photos", "photos")
    assert "lessons from step 600" in describe_schedule(photos, 100)
    method = follow_lessons(photos.method, Data([(0, 3), (1, 2)]))
    config = dataclasses.replace(photos, method=method)
    assert "lessons from step 0," in describe_schedule(config, 100)


def test_given_masks_of_both_domains_teach_one_network():
    method = lessons(shared_attention="given")
    assert method.attention_a is method.attention_b
    assert "attention_b" not in method.networks
    before = weights_of(method)
    method.train_step(lesson_batch())
    assert moved(method, before) == {"attention_a"}
    method.phase = method.phase_at(4)
    before = weights_of(method)
    method.train_step(batch())
    assert moved(method, before) == set(before) - {"attention_a"}
    alone = attention_guided(shared_attention="given")
    assert alone.attention_a is not alone.attention_b


@pytest.mark.medium
def test_a_weight_keeps_masks_in_the_generators_loss():
    method = lessons(lesson_weight=5.0)
    method.phase = method.phase_at(4)
    assert method.stream == mask_lessons.Lessons(all_images=False, alone=False)
    assert not method.attention_frozen
    both = {**batch(), "lessons": lesson_batch()}
    terms = method.compute_losses(both)["generator"]
    alone = method.compute_losses(lesson_batch(), ["lessons"])["lessons"]
    for domain in "ab":
        value, weight = terms[f"lesson_{domain}"]
        assert weight == 5.0
        assert float(value) == float(alone[f"lesson_{domain}"].value)
    before = weights_of(method)
    method.train_step(both)
    assert moved(method, before) == set(before)


def test_masks_learn_in_lessons_even_where_they_would_be_frozen():
    method = lessons(freeze_attention_epoch=0, masked_discriminator_epoch=0)
    before = weights_of(method)
    method.train_step(lesson_batch())
    assert moved(method, before) == {"attention_a", "attention_b"}


def test_the_loss_is_cross_entropy_and_dice(monkeypatch):
    monkeypatch.setattr(
        mask_lessons, "augmented", lambda image, mask, drawn: (image, mask)
    )
    method = lessons(own_mask_rounds=1, lesson_images=(COUNT, COUNT))
    masks, examples = own(method), lesson_batch()
    losses = method.compute_losses(examples, ["lessons"])
    assert losses.keys() == {"lessons"}
    for domain in "ab":
        side = examples[domain]
        region = side["region"].numpy()
        assert side["taught"].numpy().tolist() == [1, 0]
        # The second image's mask is its own one.
        region[1, ..., 0] = masks[domain][side["index"].numpy()[1]]
        mask = method.attend(side["image"], domain).numpy().astype(float)
        entropy = region * np.log(mask) + (1 - region) * np.log(1 - mask)
        both, total = (mask * region).sum((1, 2, 3)), (mask + region)
        dice = 1 - (2 * both + 1) / (total.sum((1, 2, 3)) + 1)
        value, weight = losses["lessons"][f"lesson_{domain}"]
        expected = np.mean(-entropy.mean((1, 2, 3)) + dice)
        assert weight == 1
        assert float(value) == pytest.approx(expected, rel=1e-5)


def test_images_and_masks_are_augmented_anew_in_every_step():
    method = lessons()
    examples = lesson_batch()
    losses = []
    for _ in range(2):
        terms = method.compute_losses(examples, ["lessons"])["lessons"]
        losses.append(float(terms["lesson_a"].value))
        method.count_step()
    assert losses[0] != losses[1]


@pytest.mark.medium
def test_masks_are_learnt():
    """After some steps a square is found at a place without one before."""
    rng = np.random.default_rng(0)

    def examples(count):
        region = np.zeros((count, 16, 16, 1), "float32")
        for number, (row, column) in enumerate(rng.integers(2, 9, (count, 2))):
            region[number, row : row + 5, column : column + 5] = 1
        noise = rng.normal(0, 0.2, (count, 16, 16, 3))
        image = (region - 0.5 + noise).clip(-1, 1).astype("float32")
        facts = {"taught": np.ones(count, "float32")}
        return {"image": image, "region": region, **facts}

    method = attention_guided(
        side=16,
        lesson_epochs=100,
        given_masks=(8, 8),
        attention_network="unet",
        attention_levels=2,
        attention_filters=4,
        optimizer=lambda settings: keras.optimizers.Adam(1e-2),
    )
    train = tf.function(method.train_step, autograph=False)
    for _ in range(60):
        both = {domain: examples(8) for domain in "ab"}
        train(tf.nest.map_structure(tf.constant, both))
    unseen = examples(16)
    for domain in "ab":
        mask = method.attend(unseen["image"], domain).numpy() > 0.5
        region = unseen["region"] > 0.5
        assert (mask & region).sum() / (mask | region).sum() > 0.8


@pytest.mark.medium
def test_replicas_are_one_device(two_replicas):
    def make():
        method = lessons(own_mask_rounds=1, lesson_images=(COUNT, COUNT))
        own(method)
        return method

    with policy("float64"):
        single = make()
        with two_replicas.scope():
            mirrored = make()
    for name, values in weights_of(single).items():
        mirrored.networks[name].set_weights(values)
    batches = [lesson_batch(seed, count=4) for seed in range(3)]
    for images in batches:
        single.phase = single.phase_at(int(single.step))
        single.train_step(images)
    train_on_replicas(two_replicas, mirrored, batches)
    after = weights_of(mirrored)
    for name, values in weights_of(single).items():
        for value, other in zip(values, after[name], strict=True):
            np.testing.assert_allclose(other, value, rtol=0, atol=1e-6)


class Data:
    """The options that follow the data."""

    location = "photos"

    def __init__(self, taught=((), ())):
        self.taught = dict(zip("ab", taught, strict=True))

    def counts(self, split):
        return {"a": 9, "b": 7}


def test_options_follow_the_data():
    options = preset_config("attention_guided", "photos", "photos").method
    followed = follow_lessons(options, Data())
    assert (followed.given_masks, followed.lesson_images) == ((), (9, 7))
    followed = follow_lessons(options, Data([(0, 3), (1, 2)]))
    assert (followed.given_masks, followed.lesson_images) == ((2, 2), (9, 7))
    assert followed.first_lesson_epoch == 0.0


def test_lessons_need_something_to_teach_and_masks_need_lessons():
    options = preset_config("attention_guided", "quick", "photos").method
    with pytest.raises(UserError, match="--preset photos"):
        follow_lessons(options, Data([(0,), (1,)]))
    options = lessons(given_masks=()).config
    with pytest.raises(UserError, match="--data.masks-for-training"):
        follow_lessons(options, Data())
    with pytest.raises(UserError, match="`method.given_masks` follows"):
        follow_lessons(lessons().config, Data([(0,), (1,)]))
