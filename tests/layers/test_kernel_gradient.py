"""The gradient of a kernel against that of `tf.nn.conv2d`."""

import importlib

import numpy as np
import pytest
import tensorflow as tf
from test_convolve import assert_same, derivatives, kinds_of

from tfmask.layers.convolve import convolve

pytestmark = pytest.mark.both_stacks
module = importlib.import_module("tfmask.layers.kernel_gradient")


@pytest.mark.parametrize("onednn", [False, True])
def test_rows_of_whole_pages_get_one_more_channel(onednn, monkeypatch):
    """Of 4x4 taps and 32 channels, a row has 2 KiB; of 31 or 33, it has not."""
    monkeypatch.setattr(module, "uses_onednn", lambda: onednn)
    for channels, wider in ((31, 31), (32, 33), (33, 33), (64, 65)):

        @tf.function
        def gradients(images, kernel):
            with tf.GradientTape() as tape:
                tape.watch(kernel)
                outputs = convolve(images, kernel, 2, "SAME")
            return tape.gradient(outputs, kernel)

        graph = gradients.get_concrete_function(
            tf.TensorSpec((2, 8, 8, channels)),
            tf.TensorSpec((4, 4, channels, 9)),
        ).graph
        (operation,) = (
            operation
            for operation in graph.get_operations()
            if operation.type == "Conv2DBackpropFilter"
        )
        expected = channels if onednn else wider
        assert operation.inputs[0].shape[-1] == expected


@pytest.mark.parametrize(
    ("side", "channels", "filters", "padding"),
    [
        (3, 9, 20, "SAME"),
        (3, 20, 9, "SAME"),
        (3, 9, 20, "VALID"),
        (3, 20, 9, "VALID"),
        (4, 9, 20, "VALID"),
    ],
)
def test_products_of_taps_are_tensorflow_s_gradient(
    side, channels, filters, padding, monkeypatch
):
    monkeypatch.setattr(module, "uses_onednn", lambda: True)
    monkeypatch.setattr(module, "_MANY_PRODUCTS", 1)
    rng = np.random.default_rng(0)
    tensors = (
        tf.constant(rng.normal(size=(2, 9, 8, channels))),
        tf.constant(rng.normal(size=(side, side, channels, filters))),
    )
    assert "MatMul" in kinds_of(gradient_graph(*tensors, padding))
    expected, results = (
        derivatives(function, 1, padding, tensors)
        for function in (tf.nn.conv2d, convolve)
    )
    assert_same(results, expected)


def gradient_graph(images, kernel, padding, strides=1):
    """The graph of the gradient of a layer's kernel."""

    @tf.function
    def gradient(images, kernel):
        with tf.GradientTape() as tape:
            tape.watch(kernel)
            outputs = convolve(images, kernel, strides, padding)
        return tape.gradient(outputs, kernel)

    return gradient.get_concrete_function(images, kernel).graph


@pytest.mark.parametrize(
    ("shape", "kernel", "strides", "padding", "multiplies"),
    [
        ((1, 34, 34, 256), (3, 3, 256, 256), 1, "VALID", True),
        ((1, 64, 64, 128), (3, 3, 128, 64), 1, "SAME", True),
        ((2, 34, 34, 256), (4, 4, 256, 512), 1, "VALID", True),
        ((4, 64, 64, 128), (3, 3, 128, 256), 1, "SAME", True),
        # Too many pixels; too little work; too many pixels for the weights.
        ((5, 64, 64, 128), (3, 3, 128, 256), 1, "SAME", False),
        ((1, 16, 16, 128), (3, 3, 128, 256), 1, "SAME", False),
        ((2, 66, 66, 128), (3, 3, 128, 64), 1, "VALID", False),
        # A layer that halves, one tap, an even kernel, an unknown size.
        ((1, 64, 64, 128), (3, 3, 128, 256), 2, "SAME", False),
        ((1, 64, 64, 128), (1, 1, 128, 256), 1, "SAME", False),
        ((1, 64, 64, 128), (4, 4, 128, 256), 1, "SAME", False),
        ((None, 64, 64, 128), (3, 3, 128, 256), 1, "SAME", False),
    ],
)
def test_which_gradients_are_products(
    shape, kernel, strides, padding, multiplies, monkeypatch
):
    for onednn in (True, False):
        monkeypatch.setattr(module, "uses_onednn", lambda o=onednn: o)
        graph = gradient_graph(
            tf.TensorSpec(shape), tf.TensorSpec(kernel), padding, strides
        )
        kinds = kinds_of(graph)
        assert ("MatMul" in kinds) == (multiplies and onednn)
        assert ("Conv2DBackpropFilter" in kinds) != (multiplies and onednn)
