"""InstaGAN: the testable properties of its fact sheet, training side."""

import numpy as np
import pytest
import tensorflow as tf
from tiny_methods import (
    instagan,
    instance_batch,
    moved,
    term_values,
    watch,
    weights_of,
)


def as_masks(instances):
    """Instances of 0 and 1 as masks of -1 and 1, in NumPy."""
    return 2.0 * np.asarray(instances) - 1.0


def losses_of(method, instances, **options):
    losses = method.compute_losses(instances, training=False, **options)
    return term_values(losses)


def outside(*masks):
    """Weight of the context loss: what is in none of the masks."""
    both = np.concatenate(masks, axis=1)
    return 1 - np.clip(((both + 1) / 2).sum(1), 0, 1)


def stack(image, masks):
    planes = np.moveaxis(np.asarray(masks)[..., 0], 1, -1)
    return np.concatenate([np.asarray(image), planes], axis=-1)


@pytest.mark.parametrize("form", ["soft", "binary"])
def test_losses_of_one_substep_are_the_papers(form):
    method = instagan(
        compiled=False,
        instances_max=2,
        instances_per_step=2,
        context_form=form,
    )
    images = instance_batch((2, 2), (2, 2), slots=2)
    expected = {}
    for source, target in ("ab", "ba"):
        there = method.networks[f"generator_{source}_to_{target}"]
        back = method.networks[f"generator_{target}_to_{source}"]
        judge = method.networks[f"discriminator_{target}"]
        x = images[source]["image"]
        # The larger instance is the second one: areas 6 and 9.
        a = as_masks(images[source]["instances"])[:, ::-1].astype("float32")
        y, b = there(x, a)
        expected[f"cycle_{source}"] = np.abs(
            stack(*back(y, b)) - stack(x, a)
        ).mean()
        expected[f"identity_{source}"] = np.abs(
            stack(*back(x, a)) - stack(x, a)
        ).mean()
        weight = outside(a, b if form == "soft" else np.where(b > 0, 1.0, -1.0))
        expected[f"context_{source}"] = (weight * np.abs(x - y)).mean()
        fake = judge(y, b).scores[0].numpy()
        expected[f"adversarial_{target}"] = ((fake - 1) ** 2).mean()
        real_masks = as_masks(images[target]["instances"]).astype("float32")
        real = judge(images[target]["image"], real_masks).scores[0].numpy()
        expected[f"discriminator_{target}"] = 0.5 * (
            ((real - 1) ** 2).mean() + (fake**2).mean()
        )
    assert losses_of(method, images) == pytest.approx(expected, rel=1e-4)


def test_the_total_weighs_everything_but_the_game_by_10():
    method = instagan(compiled=False)
    terms = method.compute_losses(instance_batch(), ["generator"])["generator"]
    expected = sum(
        (1 if name.startswith("adversarial") else 10) * float(value)
        for name, (value, _) in terms.items()
    )
    assert len(terms) == 8
    assert float(method.total_loss(terms)) == pytest.approx(expected, rel=1e-5)


def test_the_cycle_term_counts_mask_channels():
    """Perfect masks and an image error e cost e * 3 / (3 + K)."""
    method = instagan(compiled=False, instances_max=2, instances_per_step=2)
    method.generator_a_to_b = lambda x, a, v=None: (x, a)
    method.generator_b_to_a = lambda x, a, v=None: (x + 0.25, a)
    losses = losses_of(method, instance_batch(slots=2))
    assert losses["cycle_a"] == pytest.approx(0.25 * 3 / 5)
    assert losses["identity_a"] == pytest.approx(0.25 * 3 / 5)


@pytest.mark.parametrize(
    ("weight", "gone"),
    [
        ("adversarial_weight", "adversarial"),
        ("cycle_weight", "cycle"),
        ("identity_weight", "identity"),
        ("context_weight", "context"),
    ],
)
def test_terms_of_weight_zero_are_not_computed(weight, gone):
    method = instagan(compiled=False, **{weight: 0.0})
    terms = method.compute_losses(instance_batch(), ["generator"])["generator"]
    assert len(terms) == 6 and not any(name.startswith(gone) for name in terms)


@pytest.mark.medium
def test_the_second_substep_gives_no_gradient_to_the_first():
    """Its losses are those with the first sub-step's results as constants."""
    method = instagan(compiled=False, instances_max=2)
    images = instance_batch((2, 2), (2, 2), slots=2)
    variables = method.owned_variables("generator")
    with tf.GradientTape() as tape:
        _, later = method.substep(
            method.first_sides(images), 0, ["generator"], False
        )
        losses, _ = method.substep(later, 1, ["generator"], False)
        total = method.total_loss(losses["generator"])
    connected = tape.gradient(total, variables)
    with tf.GradientTape() as tape:
        losses, _ = method.substep(later, 1, ["generator"], False)
        total = method.total_loss(losses["generator"])
    constant = tape.gradient(total, variables)
    for one, other in zip(connected, constant, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_earlier_instances_count_as_background():
    method = instagan(compiled=False, instances_max=2)
    images = instance_batch((2, 2), (2, 2), slots=2)
    _, later = method.substep(
        method.first_sides(images), 0, ["generator"], False
    )
    losses, _ = method.substep(later, 1, ["generator"], False)
    side = later["a"]
    first, second = side.masks[:, :1], side.masks[:, 1:]
    translated, outlines = method.generator_a_to_b(side.image, second)
    change = np.abs(side.image - translated)
    expected = (outside(second, outlines) * change).mean()
    assert float(losses["generator"]["context_a"].value) == pytest.approx(
        expected, rel=1e-4
    )
    unprotected = (outside(first, second, outlines) * change).mean()
    assert unprotected < 0.95 * expected


def test_instances_are_taken_from_the_largest_down():
    method = instagan(compiled=False, instances_max=2)
    images = instance_batch((3, 1), (3, 3))
    side = method.first_sides(images)["a"]
    areas = (side.masks.numpy() > 0).sum((2, 3, 4))
    areas_of_input = (images["a"]["instances"].numpy() > 0).sum((2, 3, 4))
    expected = -np.sort(-areas_of_input, axis=1)[:, :2]
    np.testing.assert_array_equal(areas, expected)


def test_random_order_mixes_only_what_is_there():
    method = instagan(instance_order="random")
    images = instance_batch((3, 2), (3, 3))
    orders = set()
    for step in range(30):
        method.step.assign(step)
        masks = method.first_sides(images)["a"].masks.numpy()
        areas = (masks > 0).sum((2, 3, 4))
        assert areas[1, 2] == 0 and np.all(areas[1, :2] > 0)
        orders.add(tuple(areas[0]))
    assert len(orders) == 6


@pytest.fixture(scope="module")
def traced():
    """A method and the graph of its step, for the tests that train."""
    method = instagan(initializer_stddev=0.1)
    strategy = tf.distribute.get_strategy()
    return method, tf.function(
        lambda batch: method.distributed_step(strategy, batch), autograph=False
    )


@pytest.mark.slow
def test_one_graph_runs_the_substeps_that_have_instances(traced):
    method, step = traced
    updates = method.optimizers["generator"].iterations
    for counts_a, counts_b, expected in (
        ((1, 1), (1, 1), 1),
        ((1, 1), (2, 1), 2),
        ((3, 1), (0, 0), 3),
        ((0, 0), (0, 0), 0),
    ):
        before, done = weights_of(method), int(updates.numpy())
        step(instance_batch(counts_a, counts_b))
        assert int(updates.numpy()) - done == expected
        assert bool(moved(method, before)) == bool(expected)
    assert int(method.step.numpy()) == 4
    assert step.experimental_get_tracing_count() == 1


def test_an_image_without_instances_left_counts_nothing():
    """Its terms are 0; the batch's mean still divides by both."""
    method = instagan(compiled=False, instances_max=1)
    both = instance_batch((1, 0), (1, 1))
    alone = {
        domain: {name: value[:1] for name, value in both[domain].items()}
        for domain in ("a", "b")
    }
    pair, single = losses_of(method, both), losses_of(method, alone)
    for name in ("cycle_a", "identity_a", "context_a", "adversarial_b"):
        assert pair[name] == pytest.approx(single[name] / 2, rel=1e-4)


@pytest.mark.medium
def test_padded_slots_change_no_training_loss():
    method = instagan(compiled=False, pool_size=0)
    narrow = losses_of(method, instance_batch(slots=2))
    wide = losses_of(method, instance_batch(slots=7))
    assert narrow == pytest.approx(wide, rel=1e-4)


def test_pools_remember_only_what_was_translated():
    method = instagan(instances_max=1)
    method.compute_losses(instance_batch((1, 0), (0, 0)), ["discriminator"])
    assert int(method.pool_b.filled.numpy()) == 1
    assert int(method.pool_a.filled.numpy()) == 0


def test_discriminators_see_originals_and_all_their_masks():
    method = instagan(compiled=False, instances_max=2)
    images = instance_batch((2, 2), (2, 2), slots=2)
    judge = watch(method, "discriminator_b")
    method.compute_losses(images, ["discriminator"], training=False)
    for seen in judge.inputs:
        np.testing.assert_array_equal(seen[:2], images["b"]["image"])
    assert len(judge.inputs) == 2


def test_one_step_of_all_instances_is_one_substep():
    assert instagan(compiled=False, instances_per_step=3).substeps == 1
    assert instagan(compiled=False, instances_per_step=2).substeps == 2
    assert instagan(compiled=False, instances_per_step=2).slots == 4


@pytest.mark.slow
def test_losses_fall_in_training():
    """Without the adversarial terms, which have no lower limit."""
    method = instagan(initializer_stddev=0.1, adversarial_weight=0.0)
    images, step = (
        instance_batch(),
        tf.function(method.train_step, autograph=False),
    )

    def cycle():
        method.terms.reset_state()
        step(images)
        return float(method.terms.result()["generator/cycle_a"])

    first = cycle()
    for _ in range(40):
        step(images)
    assert cycle() < first
