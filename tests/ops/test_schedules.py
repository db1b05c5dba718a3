"""Learning rates against the numbers of the fact sheets."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfmask.methods import preset_config
from tfmask.ops.schedules import (
    EpochwiseHalving,
    EpochwiseLinearDecay,
    linear_ramp,
)

STEPS = 7  # of an epoch


def schedule_of(name):
    """The schedule of a paper preset, with short epochs."""
    config = preset_config(name, "paper", "anywhere")
    return EpochwiseLinearDecay(
        config.optimizer.learning_rate,
        epoch_steps=STEPS,
        constant_epochs=config.optimizer.constant_epochs,
        decay_epochs=config.optimizer.decay_epochs,
    )


@pytest.mark.parametrize(
    ("epoch", "rate"),
    [(0, 1e-4), (49, 1e-4), (50, 1e-4), (75, 5e-5), (99, 2e-6)],
)
def test_attention_guided_rates_of_the_sheet(epoch, rate):
    schedule = schedule_of("attention_guided")
    for step in (epoch * STEPS, epoch * STEPS + STEPS - 1):
        np.testing.assert_allclose(schedule(step), rate, rtol=1e-5)


@pytest.mark.parametrize(
    ("epoch", "factor"), [(1, 1), (100, 1), (101, 100 / 101), (200, 1 / 101)]
)
def test_cyclegan_factors_of_the_sheet(epoch, factor):
    """Epochs count from 1 here; 0.9901 and 0.0099 in the sheet."""
    schedule = schedule_of("cyclegan")
    for step in ((epoch - 1) * STEPS, epoch * STEPS - 1):
        np.testing.assert_allclose(schedule(step), 2e-4 * factor, rtol=1e-5)


def test_after_the_end_the_last_rate_stays():
    schedule = EpochwiseLinearDecay(
        1.0, epoch_steps=1, constant_epochs=2, decay_epochs=4
    )
    rates = [float(schedule(step)) for step in range(9)]
    np.testing.assert_allclose(
        rates, [1, 1, 1, 0.75, 0.5, 0.25, 0.25, 0.25, 0.25]
    )


def test_no_decay_epochs_keep_the_rate():
    schedule = EpochwiseLinearDecay(
        0.3, epoch_steps=1, constant_epochs=0, decay_epochs=0
    )
    np.testing.assert_allclose([schedule(0), schedule(10**6)], 0.3)


def test_an_optimizer_follows_it_and_its_config():
    schedule = EpochwiseLinearDecay(
        1.0, epoch_steps=1, constant_epochs=1, decay_epochs=2
    )
    config = schedule.get_config()
    assert config == {
        "initial": 1.0,
        "epoch_steps": 1,
        "constant_epochs": 1,
        "decay_epochs": 2,
    }
    schedule = EpochwiseLinearDecay.from_config(config)
    optimizer = keras.optimizers.SGD(schedule)
    weight = tf.Variable(0.0)
    moved = []
    for _ in range(4):
        optimizer.apply_gradients([(tf.constant(1.0), weight)])
        moved.append(float(weight))
    np.testing.assert_allclose(moved, [-1, -2, -2.5, -3])


def test_it_can_count_training_steps_instead_of_updates():
    step = tf.Variable(0)
    schedule = EpochwiseLinearDecay(
        1.0, epoch_steps=1, constant_epochs=0, decay_epochs=4, step=step
    )
    optimizer = keras.optimizers.SGD(schedule)
    weight = tf.Variable(0.0)

    @tf.function
    def update():
        before = tf.identity(weight)
        optimizer.apply_gradients([(tf.constant(1.0), weight)])
        return before - weight

    moved = []
    for number in (0, 0, 1, 1, 3):
        step.assign(number)
        moved.append(float(update()))
    np.testing.assert_allclose(moved, [1, 1, 0.75, 0.75, 0.25])


def test_instagan_rates_of_the_sheet():
    config = preset_config("instagan", "paper", "anywhere")
    schedule = schedule_of("instagan")
    assert config.optimizer.discriminator_learning_rate == 1e-4
    for epoch, factor in ((100, 1), (101, 100 / 101), (200, 1 / 101)):
        rate = schedule((epoch - 1) * STEPS)
        np.testing.assert_allclose(rate, 2e-4 * factor, rtol=1e-5)


@pytest.mark.parametrize(
    ("step", "rate"),
    [
        (0, 1e-4),
        (99_999, 1e-4),
        (100_000, 1e-4),
        (109_999, 1e-4),
        (110_000, 5e-5),
        (130_000, 1.25e-5),
        (199_999, 1e-4 / 2**9),
    ],
)
def test_lomit_rates_of_the_sheet(step, rate):
    config = preset_config("lomit", "paper", "anywhere")
    counted = tf.Variable(step)
    schedule = EpochwiseHalving(
        config.optimizer.learning_rate,
        epoch_steps=config.data.epoch_steps,
        constant_epochs=config.optimizer.constant_epochs,
        halving_epochs=config.optimizer.halving_epochs,
        step=counted,
    )
    np.testing.assert_allclose(schedule(0), rate, rtol=1e-6)
    again = EpochwiseHalving.from_config(schedule.get_config())
    np.testing.assert_allclose(again(step), rate, rtol=1e-6)


def test_a_ramp_rises_between_two_steps():
    ramp = [float(linear_ramp(step, 10, 14)) for step in (0, 10, 11, 14, 99)]
    assert ramp == [0.0, 0.0, 0.25, 1.0, 1.0]
    assert [float(linear_ramp(step, 3, 3)) for step in (2, 3, 4)] == [0, 1, 1]
