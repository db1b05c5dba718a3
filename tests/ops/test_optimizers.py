"""Adam's two forms against their formulas, update by update."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfmask.ops.optimizers import (
    Adam,
    PyTorchAdam,
    StartedRMSprop,
    with_l2,
)
from tfmask.ops.schedules import EpochwiseLinearDecay

# Keras rounds these to float32; they are numbers that it has.
BETA_1, BETA_2, RATE = 0.5, 1 - 2**-10, 2**-12
FORMS = {"tensorflow": Adam, "pytorch": PyTorchAdam}
BOTH = pytest.mark.parametrize("form", list(FORMS))


def schedule():
    """In updates 1 to 6: the rate twice, .75, .5 and .25 twice of it."""
    return EpochwiseLinearDecay(
        RATE, epoch_steps=1, constant_epochs=1, decay_epochs=4
    )


def by_formula(form, gradients, epsilon, start=0.0):
    """float64 weights after each update."""
    factors = (1, 1, 0.75, 0.5, 0.25, 0.25)
    weight, m, v = start, 0.0, 0.0
    for t, (g, factor) in enumerate(zip(gradients, factors, strict=True), 1):
        m = BETA_1 * m + (1 - BETA_1) * g
        v = BETA_2 * v + (1 - BETA_2) * g**2
        first, second = 1 - BETA_1**t, 1 - BETA_2**t
        if form == "pytorch":
            way = m / first / (np.sqrt(v / second) + epsilon)
        else:
            way = m * np.sqrt(second) / first / (np.sqrt(v) + epsilon)
        weight = weight - RATE * factor * way
        yield weight


def apply(optimizer, gradient, variable):
    optimizer.apply_gradients([(tf.convert_to_tensor(gradient), variable)])


@BOTH
@pytest.mark.parametrize("size", [1e-6, 1e-3, 1.0])
def test_every_update_is_the_formulas(form, size):
    rng = np.random.default_rng(0)
    gradients = size * rng.normal(size=(6, 5))
    optimizer = FORMS[form](
        schedule(), beta_1=BETA_1, beta_2=BETA_2, epsilon=1e-8
    )
    variable = tf.Variable(np.zeros(5))
    step = tf.function(lambda gradient: apply(optimizer, gradient, variable))
    expected = by_formula(form, gradients, 1e-8)
    for gradient, weights in zip(gradients, expected, strict=True):
        step(gradient)
        # Epsilon may be rounded to float32, by a relative 6e-8 at most.
        np.testing.assert_allclose(variable, weights, rtol=1e-7)


@pytest.mark.parametrize(
    ("form", "share"), [("tensorflow", 0.7597), ("pytorch", 0.9901)]
)
def test_first_update_of_a_tiny_gradient(form, share):
    """1 / (1 + 1e-8 / (1e-6 sqrt(0.001))) and 1 / (1 + 1e-8 / 1e-6)."""
    optimizer = FORMS[form](0.01, beta_1=0.5, beta_2=0.999, epsilon=1e-8)
    variable = tf.Variable([0.0, 0.0])
    apply(optimizer, np.array([1e-6, -1e-6], "float32"), variable)
    # 1 - 0.999 has 4 digits in float32.
    np.testing.assert_allclose(
        variable, [-0.01 * share, 0.01 * share], rtol=2e-4
    )


@BOTH
def test_two_replicas_equal_one_device(two_replicas, form):
    def updated(strategy):
        with strategy.scope():
            variable = tf.Variable(np.zeros(3))
            optimizer = FORMS[form](RATE, beta_1=BETA_1, beta_2=BETA_2)
            optimizer.build([variable])

        @tf.function
        def step():
            share = np.array([1e-6, 1e-3, 1.0])
            share = share / strategy.num_replicas_in_sync
            strategy.run(lambda: apply(optimizer, share, variable))

        for _ in range(2):
            step()
        return variable.numpy()

    alone = updated(tf.distribute.get_strategy())
    assert np.all(alone < 0)
    np.testing.assert_allclose(updated(two_replicas), alone, rtol=1e-12)


@BOTH
def test_state_and_config_are_adams(form):
    options = {"beta_1": 0.5, "epsilon": 1e-8, "use_ema": True}
    plain = keras.optimizers.Adam(0.01, **options)
    ours = FORMS[form](0.01, **options)

    def state(optimizer):
        variable = tf.Variable([1.0, 2.0])
        optimizer.build([variable])
        for size in (1.0, 3.0):
            apply(optimizer, np.full(2, size, "float32"), variable)
        variables = optimizer.variables
        variables = variables() if callable(variables) else variables
        return [np.asarray(values) for values in (*variables, variable)]

    for value, expected in zip(state(ours), state(plain), strict=True):
        # Both forms' epsilons are small beside these gradients; Keras rounds
        # 1 - 0.999 to float32 and not 0.999.
        np.testing.assert_allclose(value, expected, rtol=2e-5)
    again = FORMS[form].from_config(ours.get_config())
    assert again.get_config() == ours.get_config()
    assert float(again.epsilon) == pytest.approx(1e-8)


def cubes(optimizer, steps=3):
    """Weights after some steps down w^3 from 1 and -2."""
    variable = tf.Variable(np.array([1.0, -2.0]))
    optimizer.build([variable])
    for _ in range(steps):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(variable**3)
        apply(optimizer, tape.gradient(loss, variable), variable)
    return variable.numpy()


def test_l2_goes_through_the_running_means():
    """The sheet's numbers, measured in PyTorch with `weight_decay=0.01`."""
    optimizer = with_l2(PyTorchAdam, 0.01)(
        0.01, beta_1=0.5, beta_2=0.999, epsilon=1e-8
    )
    values = cubes(optimizer)
    np.testing.assert_allclose(values, [0.970121, -2.030059], atol=2e-6)
    decoupled = PyTorchAdam(
        0.01, beta_1=0.5, beta_2=0.999, epsilon=1e-8, weight_decay=0.01
    )
    assert np.abs(cubes(decoupled) - values).max() > 1e-4


@BOTH
def test_l2_is_the_formulas(form):
    rng = np.random.default_rng(0)
    gradients = rng.normal(size=(6, 5))
    optimizer = with_l2(FORMS[form], 0.125)(
        schedule(), beta_1=BETA_1, beta_2=BETA_2, epsilon=1e-8
    )
    variable, seen = tf.Variable(np.ones(5)), []

    def added():
        """Every gradient with the L2 of the weights before it."""
        for gradient in gradients:
            weights = seen[-1] if seen else 1.0
            yield gradient + 0.125 * weights

    for weights in by_formula(form, added(), 1e-8, start=1.0):
        seen.append(weights)
        apply(optimizer, gradients[len(seen) - 1], variable)
        np.testing.assert_allclose(variable, weights, rtol=1e-7)


@pytest.mark.parametrize(
    ("start", "expected"),
    [(0.0, [0.927884, -2.074564]), (1.0, [0.943245, -2.073104])],
)
def test_rmsprop_starts_where_it_is_told(start, expected):
    """The sheet's numbers; and the formula."""
    optimizer = StartedRMSprop(0.01, rho=0.9, epsilon=1e-10, start=start)
    values = cubes(optimizer)
    np.testing.assert_allclose(values, expected, atol=2e-6)
    weight, square = np.array([1.0, -2.0]), start
    for _ in range(3):
        gradient = 3 * weight**2
        square = 0.9 * square + 0.1 * gradient**2
        weight = weight - 0.01 * gradient / np.sqrt(square + 1e-10)
    np.testing.assert_allclose(values, weight, rtol=1e-6)


@pytest.mark.parametrize(
    "make",
    [
        lambda: with_l2(Adam, 0.1)(RATE),
        lambda: with_l2(StartedRMSprop, 0.1)(RATE, start=1.0),
    ],
)
def test_two_replicas_are_one_device_with_l2(two_replicas, make):
    def updated(strategy):
        with strategy.scope():
            variable = tf.Variable(np.array([1.0, -2.0, 0.5]))
            optimizer = make()
            optimizer.build([variable])
        for _ in range(3):
            strategy.run(
                lambda: apply(
                    optimizer,
                    np.arange(3.0) / strategy.num_replicas_in_sync,
                    variable,
                )
            )
        return variable.numpy()

    np.testing.assert_allclose(
        updated(two_replicas), updated(tf.distribute.get_strategy()), rtol=1e-9
    )
