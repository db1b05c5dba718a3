"""The training step that all methods share."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from precisions import policy
from replicas import assert_equal_to_one_device
from tiny_methods import (
    RATE,
    SIDE,
    attention_guided,
    batch,
    cyclegan,
    gradients,
    guidegan,
    guidegan_paired,
    instagan,
    instance_batch,
    moved,
    weights_of,
)

from tfmask.methods.base import source_and_target
from tfmask.ops.errors import UserError

pytestmark = pytest.mark.both_stacks

both = pytest.mark.parametrize("make", [attention_guided, cyclegan])


def test_directions_name_their_domains():
    assert source_and_target("a_to_b") == ("a", "b")
    assert source_and_target("b_to_a") == ("b", "a")


@pytest.mark.medium
@both
def test_players_of_a_round_learn_from_the_weights_before_it(make):
    """With SGD, a change is the rate times the gradient of the own loss."""
    method = make(pool_size=0)
    expected = {
        player: [
            np.array(variable) - RATE * gradient.numpy()
            for variable, gradient in zip(
                method.owned_variables(player),
                gradients(method, player),
                strict=True,
            )
        ]
        for player in method.players
    }
    method.train_step(batch())
    for player, values in expected.items():
        for variable, value in zip(
            method.owned_variables(player), values, strict=True
        ):
            np.testing.assert_allclose(variable, value, atol=1e-5)


@pytest.mark.medium
@both
def test_reported_terms_are_running_means_of_unweighted_terms(make):
    method = make()
    terms = []
    for seed in (1, 2):
        losses = method.compute_losses(batch(seed), training=False)
        terms.append(
            {
                f"{player}/{name}": float(value)
                for player, values in losses.items()
                for name, (value, _) in values.items()
            }
        )
        logs = method.test_step(batch(seed))
    assert set(logs) == set(terms[0]) == set(method.terms.names)
    for name, value in logs.items():
        expected = (terms[0][name] + terms[1][name]) / 2
        assert float(value) == pytest.approx(expected, rel=1e-5)


@both
def test_measuring_changes_nothing(make):
    method = make(discriminator_spectral_normalization=True)
    before = weights_of(method)
    method.test_step(batch())
    assert not moved(method, before)
    assert all(int(pool.filled) == 0 for pool in method.pools.values())
    assert int(method.step.numpy()) == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("make", "steps", "tolerance", "options"),
    [
        (
            attention_guided,
            3,
            1e-9,
            {
                "freeze_attention_epoch": 1,
                "masked_discriminator_epoch": 2,
                "threshold": 0.4,
                "discriminator_spectral_normalization": True,
            },
        ),
        # Images change replicas from step to step, and their maps with them,
        # which are remembered in float32.
        (guidegan, 3, 1e-6, {"attention": "ram", "transfer": "rgba"}),
        # One replica has fewer instances, and in some steps both have few.
        (instagan, 2, 1e-9, {"instances_max": 2, "rate": 0.0001}),
    ],
)
def test_two_replicas_equal_one_device(
    two_replicas, make, steps, tolerance, options
):
    """Some steps, a pool that swaps, and every stage.

    SGD, because Adam makes whole steps of the rounding noise of biases that
    have no effect.
    """
    options = dict(options)
    rate = options.pop("rate", 0.001)
    options = {
        "side": 16,
        "filters": 4,
        "initializer_stddev": 0.1,
        "pool_size": 2,
        "optimizer": lambda player: keras.optimizers.SGD(rate),
        **options,
    }
    batches = [
        instance_batch((1 + step % 2, 1), (1, 1), seed=step, side=16)
        for step in range(steps)
    ]
    assert_equal_to_one_device(
        two_replicas, lambda: make(**options), batches, tolerance
    )


@pytest.fixture(scope="module")
def fitted():
    """`AttentionGuided` after plain `fit`, and what it was at the switch."""
    keras.utils.set_random_seed(1)
    steps = 20
    method = attention_guided(
        epoch_steps=steps,
        freeze_attention_epoch=1,
        masked_discriminator_epoch=1,
        initializer_stddev=0.1,
        adversarial_weight=0.1,
    )
    examples = tf.data.Dataset.from_tensor_slices(batch(count=2)).batch(
        2, drop_remainder=True
    )
    seen = []

    class Watch(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            seen.append((method.phase, weights_of(method), dict(logs)))

    first = float(method.compute_losses(batch())["generator"]["cycle_a"].value)
    method.fit(
        examples.repeat(),
        epochs=2,
        steps_per_epoch=steps,
        verbose=0,
        callbacks=[Watch()],
        shuffle=False,
    )
    return method, seen, first


@pytest.mark.slow
def test_fit_follows_the_stages(fitted):
    method, seen, _ = fitted
    assert [tuple(phase) for phase, *_ in seen] == [
        (False, False),
        (True, True),
    ]
    assert int(method.step.numpy()) == 40


@pytest.mark.slow
def test_fit_freezes_the_attention_bit_by_bit(fitted):
    method, seen, _ = fitted
    _, at_the_switch, _ = seen[0]
    assert moved(method, at_the_switch) == {
        name for name in at_the_switch if not name.startswith("attention")
    }


@pytest.mark.slow
def test_fit_lowers_the_cycle_term_and_reports_it(fitted):
    _, seen, first = fitted
    reported = [logs["generator/cycle_a"] for *_, logs in seen]
    assert reported[1] < reported[0] < first
    assert set(seen[0][2]) == {
        "generator/cycle_a",
        "generator/cycle_b",
        "generator/adversarial_a",
        "generator/adversarial_b",
        "discriminator/discriminator_a",
        "discriminator/discriminator_b",
    }


@pytest.mark.slow
def test_twenty_steps_of_cyclegan_lower_the_cycle_term():
    method = cyclegan(
        initializer_stddev=0.1,
        optimizer=lambda player: keras.optimizers.Adam(5e-3),
    )
    step = tf.function(method.train_step, autograph=False)
    logs = step(batch())
    first = float(logs["generator/cycle_a"]) + float(logs["generator/cycle_b"])
    for _ in range(20):
        step(batch())
    losses = method.compute_losses(batch(), ["generator"])["generator"]
    assert (
        float(losses["cycle_a"].value + losses["cycle_b"].value) < 0.95 * first
    )


@pytest.mark.medium
@pytest.mark.parametrize(
    "make", [attention_guided, cyclegan, guidegan, guidegan_paired]
)
def test_a_bfloat16_step_is_finite_and_close(make):
    with policy("mixed_bfloat16"):
        half = make()
    exact = make()
    for network, twin in zip(
        half.networks.values(), exact.networks.values(), strict=True
    ):
        twin.set_weights(network.get_weights())
    before = weights_of(half)
    logs, expected = half.train_step(batch()), exact.test_step(batch())
    for name, value in logs.items():
        assert float(value) == pytest.approx(float(expected[name]), rel=0.1)
    assert moved(half, before) == set(before)
    for values in weights_of(half).values():
        assert all(np.isfinite(value).all() for value in values)
        assert {value.dtype for value in values} == {np.dtype("float32")}
    output = half.translate(batch()["a"])
    assert output["image"].dtype == output["mask"].dtype == tf.float32


@pytest.mark.medium
def test_averages_of_weights_survive_the_switch_of_stages():
    """Stage 2 hands the optimizer fewer variables than it was built for."""
    method = attention_guided(
        freeze_attention_epoch=1,
        masked_discriminator_epoch=1,
        optimizer=lambda player: keras.optimizers.SGD(
            RATE, use_ema=True, ema_momentum=0.5
        ),
    )
    trail = []
    for step in range(3):
        method.phase = method.phase_at(step)
        method.train_step(batch(step))
        trail.append(weights_of(method, "discriminator_b"))
    method.phase = method.phase_at(0)
    owned = method.owned_variables("discriminator")
    method.optimizers["discriminator"].finalize_variable_values(owned)
    first, second, third = (weights["discriminator_b"] for weights in trail)
    for position, average in enumerate(
        method.discriminator_b.convolutions[0].get_weights()
    ):
        # The averages begin at the first weights or after the first step.
        low = 0.5 * third[position] + 0.25 * second[position]
        rest = (average - low) / 0.25
        assert np.abs(rest - first[position]).max() < 0.5
        assert np.abs(average - third[position]).max() > 1e-6


@both
def test_image_sizes_off_the_stride_are_refused(make):
    method = make(compiled=False)
    with pytest.raises(UserError, match="`image_size` must be a multiple of 4"):
        type(method)(method.config, image_size=(SIDE, SIDE + 2))


@both
def test_grids_show_input_mask_and_output(make):
    images = batch()
    region = tf.ones((2, SIDE, SIDE, 1))
    images["a"]["region"] = region
    shown = make(compiled=False).images_to_show(images)
    assert list(shown) == [
        "real_a",
        "mask_a",
        "fake_b",
        "region_a",
        "real_b",
        "mask_b",
        "fake_a",
    ]
    assert shown["real_b"] is images["b"]["image"]
    assert shown["region_a"] is region
