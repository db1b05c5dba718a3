"""Custom gradients on the tape: second orders, and memory of graphs."""

import gc
import types
import weakref

import numpy as np
import pytest
import tensorflow as tf

from tfmask.layers import InstanceNormalization, leaky_relu
from tfmask.layers.convolve import convolve
from tfmask.layers.padding import reflect_pad
from tfmask.ops.gradients import Recomputing, recomputed, with_gradient


def doubled(tensor):
    """The identity, whose gradient on the tape is 2 and elsewhere 1."""
    return with_gradient(tf.identity, lambda upstream: 2 * upstream, tensor)


@pytest.mark.parametrize("wrap", [lambda f: f, tf.function])
def test_the_tape_finds_it(wrap):
    @wrap
    def slope(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = doubled(3.0 * x)
        return tape.gradient(y, x)

    assert float(slope(tf.constant(1.0))) == 6.0


def test_outside_of_the_graph_it_is_tensorflows():
    function = tf.function(doubled)
    x = tf.constant(1.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = function(x)
    assert float(tape.gradient(y, x)) == 1.0


def test_several_inputs_outputs_and_orders():
    """d(x y, x) with upstream (u, v): (u y + v, u x); the second order."""
    x, y = tf.Variable(2.0), tf.Variable(5.0)

    def gradient(upstream, other):
        return upstream * y + other, upstream * x

    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            product, same = with_gradient(
                lambda a, b: (a * b, tf.identity(a)), gradient, x, y
            )
            total = product**2 + same
        first = inner.gradient(total, [x, y])
    assert [float(g) for g in first] == [101.0, 40.0]
    assert float(outer.gradient(first[0], x)) == 50.0


def test_a_graph_is_not_kept():
    kernel = tf.random.normal((3, 3, 4, 2))

    def step(images):
        with tf.GradientTape() as tape:
            tape.watch(images)
            outputs = convolve(reflect_pad(images, 1), kernel, 1, "VALID")
            outputs = leaky_relu(InstanceNormalization()(outputs))
        return tape.gradient(outputs, images)

    images = tf.zeros((1, 8, 8, 4))
    function = tf.function(step).get_concrete_function(images)
    graph = weakref.ref(function.graph)
    del function
    gc.collect()
    assert graph() is None


@pytest.mark.parametrize("wrap", [lambda f: f, tf.function])
def test_what_is_recomputed_has_the_same_gradients(wrap):
    weight, unused = tf.Variable(3.0), tf.Variable(1.0)
    calls = []

    def function(x, y):
        calls.append(1)
        return tf.sin(weight * x) * y

    @wrap
    def slopes(again):
        x, y = tf.constant([0.1, 0.7]), tf.constant(2.0)
        with tf.GradientTape() as tape:
            tape.watch([x, y])
            if again:
                outputs = recomputed(function, [weight, unused], x, y)
            else:
                outputs = function(x, y)
            total = tf.reduce_sum(outputs**2)
        return tape.gradient(total, [x, y, weight])

    expected = slopes(False)
    assert len(calls) == 1
    for slope, value in zip(slopes(True), expected, strict=True):
        np.testing.assert_allclose(slope, value, rtol=1e-6)
    assert len(calls) == 3


def test_a_recomputation_waits_for_its_upstream_gradient():
    """In the graph its inputs depend on it; so it cannot start early."""

    @tf.function
    def slope(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            outputs = recomputed(lambda x: tf.tan(x), [], x)
            total = tf.exp(outputs)
        return tape.gradient(total, x)

    graph = slope.get_concrete_function(tf.constant(1.0)).graph
    first, again = [o for o in graph.get_operations() if o.type == "Tan"]
    assert not first.inputs[0].op.control_inputs
    (awaited,) = again.inputs[0].op.control_inputs
    assert awaited.type == "Mul"  # exp(y) * 1, the gradient of exp


def test_layers_that_assign_variables_are_not_recomputed():
    layer = Recomputing()
    layer.recompute = True
    calls = []

    def slope(**weights):
        x = tf.constant(3.0)
        with tf.GradientTape() as tape:
            tape.watch(x)
            own = types.SimpleNamespace(trainable_weights=[], **weights)
            y = layer.part(lambda x: calls.append(1) or x * x, [own], x)
        return float(tape.gradient(y, x))

    assert slope(non_trainable_weights=[]) == 6.0 and len(calls) == 2
    assert slope(non_trainable_weights=[0]) == 6.0 and len(calls) == 3
