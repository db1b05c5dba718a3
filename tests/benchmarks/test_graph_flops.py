"""FLOPs of a graph, against sums by hand and the closed form."""

import pytest
import tensorflow as tf

from benchmarks.flops import discriminator_layers
from benchmarks.graph_flops import Unknown, graph_flops
from tfmask.networks import PatchDiscriminator


def flops(function, *inputs, **options):
    """Of a Python function of float32 tensors of these shapes."""
    specs = [tf.TensorSpec(shape) for shape in inputs]
    graph = tf.function(function).get_concrete_function(*specs).graph
    return graph_flops(graph, **options)


def gradients(function, *, of):
    """Function that gives the gradients of some of `function`'s inputs."""

    def differentiated(*inputs):
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            outputs = function(*inputs)
        return tape.gradient(outputs, [inputs[place] for place in of])

    return differentiated


IMAGES, KERNEL = (2, 16, 16, 8), (3, 3, 8, 12)
# Two FLOPs for each output pixel, kernel pixel, channel and filter.
STRIDED = 2 * (2 * 8 * 8) * (3 * 3) * 8 * 12


def strided(images, kernel):
    return tf.nn.relu(tf.nn.conv2d(images, kernel, 2, "SAME"))


@pytest.mark.parametrize(
    ("of", "times"),
    [((0,), 2), ((1,), 2), ((0, 1), 3)],
    ids=["inputs", "kernel", "both"],
)
def test_a_convolution_and_its_gradients(of, times):
    assert flops(strided, IMAGES, KERNEL) == STRIDED
    both_ways = gradients(strided, of=of)
    assert flops(both_ways, IMAGES, KERNEL) == times * STRIDED


def test_a_transposed_convolution_sees_the_kernel_from_each_small_pixel():
    def doubled(images, kernel):
        return tf.nn.conv2d_transpose(images, kernel, (2, 32, 32, 12), 2)

    once = 2 * (2 * 16 * 16) * (3 * 3) * 8 * 12
    assert flops(doubled, IMAGES, (3, 3, 12, 8)) == once
    squares = gradients(lambda *inputs: doubled(*inputs) ** 2, of=(0, 1))
    assert flops(squares, IMAGES, (3, 3, 12, 8)) == 3 * once


def test_products_of_matrices():
    assert flops(tf.matmul, (5, 7), (7, 3)) == 2 * 5 * 7 * 3
    turned = flops(
        lambda a, b: tf.matmul(a, b, transpose_a=True), (7, 5), (7, 3)
    )
    assert turned == 2 * 5 * 7 * 3
    batch = flops(
        lambda a, b: tf.matmul(a, b, adjoint_a=True), (4, 7, 5), (4, 7, 3)
    )
    assert batch == 4 * 2 * 5 * 7 * 3


def test_what_nothing_needs_is_not_counted():
    def wasteful(images, kernel):
        tf.nn.conv2d(images, kernel, 1, "SAME")
        return strided(images, kernel)

    assert flops(wasteful, IMAGES, KERNEL) == STRIDED


def test_branches_count_as_often_as_they_are_taken():
    def either(images, kernel):
        def work():
            return strided(images, kernel)

        return tf.cond(
            images[0, 0, 0, 0] > 0, work, lambda: tf.zeros((2, 8, 8, 12))
        )

    assert flops(either, IMAGES, KERNEL, branches=[0.2]) == 0.2 * STRIDED
    assert flops(either, IMAGES, KERNEL) == 0.5 * STRIDED
    with pytest.raises(Unknown, match="what the shares"):
        flops(either, IMAGES, KERNEL, branches=[0.2, 1.0])


def test_loops_count_their_passes():
    def repeated(images, kernel):
        def body(number, total):
            strided_sum = tf.reduce_sum(strided(images, kernel))
            return number + 1, total + strided_sum

        return tf.while_loop(lambda number, total: total < 9.0, body, (0, 0.0))

    assert flops(repeated, IMAGES, KERNEL, passes=3) == 3 * STRIDED
    with pytest.raises(Unknown, match="how often"):
        flops(repeated, IMAGES, KERNEL)


def test_an_unknown_size_is_named():
    with pytest.raises(Unknown, match="None, 8, 8, 12.*Conv2D"):
        flops(strided, (None, 16, 16, 8), KERNEL)


def test_a_discriminator_s_step_equals_the_closed_form():
    config = _Config()
    network = PatchDiscriminator(filters=8, strided_layers=2)
    network.build((None, 32, 32, 3))

    def step(images):
        with tf.GradientTape() as tape:
            score = tf.reduce_mean(network(images).scores[0] ** 2)
        return tape.gradient(score, network.trainable_variables)

    graph = (
        tf.function(step)
        .get_concrete_function(tf.TensorSpec((1, 32, 32, 3)))
        .graph
    )
    layers = discriminator_layers(32, config)
    # The first layer's images need no gradient. The last one, from 32 channels
    # to 1, computes 9x6 pixels, and both of its gradients go over its inputs of
    # 9x9 pixels, not over its 6x6 outputs (tfmask.layers.convolve).
    border = 2 * (9 * 6 + 2 * 9 * 9 - 3 * 6 * 6) * 4 * 4 * 32
    assert graph_flops(graph) == 3 * sum(layers) - layers[0] + border


class _Config:
    discriminator_filters = 8
    discriminator_layers = 2
