"""`convolve` against `tf.nn.conv2d`: values, gradients, their gradients."""

import importlib

import numpy as np
import pytest
import tensorflow as tf

from tfmask.layers.convolve import convolve, convolve_transposed

pytestmark = pytest.mark.both_stacks
SHAPES = pytest.mark.parametrize(
    ("side", "channels", "filters", "strides", "padding"),
    [
        (3, 2, 4, 1, "SAME"),
        (3, 4, 2, 1, "SAME"),
        (3, 2, 4, 1, "VALID"),
        (7, 4, 3, 1, "VALID"),
        (4, 4, 1, 1, "VALID"),
        (4, 4, 2, 1, "SAME"),
        (3, 4, 2, 2, "SAME"),
        (1, 4, 2, 1, "SAME"),
        (7, 3, 5, 1, "VALID"),
        (5, 3, 4, 1, "SAME"),
        (5, 9, 1, 1, "SAME"),
        (4, 32, 9, 1, "VALID"),
        (4, 32, 33, 2, "SAME"),
    ],
)


def drawn(side, channels, filters):
    """Images of unequal sides, and a kernel, float64."""
    rng = np.random.default_rng(0)
    return (
        tf.constant(rng.normal(size=(2, 9, 8, channels))),
        tf.constant(rng.normal(size=(side, side, channels, filters))),
    )


def derivatives(function, strides, padding, tensors):
    """The layer, the gradients of a sum of squares, and theirs."""
    with tf.GradientTape() as outer:
        outer.watch(tensors)
        with tf.GradientTape() as inner:
            inner.watch(tensors)
            outputs = function(*tensors, strides, padding)
            loss = tf.reduce_sum(outputs**3)
        first = inner.gradient(loss, tensors)
        penalty = tf.add_n([tf.reduce_sum(part**2) for part in first])
    return [outputs, *first, *outer.gradient(penalty, tensors)]


def assert_same(results, expected):
    """Compares what `derivatives` gives, to rounding in float64."""
    for value, wanted in zip(results, expected, strict=True):
        scale = np.abs(wanted).max()
        assert scale > 0
        np.testing.assert_allclose(value, wanted, atol=1e-12 * scale)


@SHAPES
def test_values_and_gradients_are_tensorflows(
    side, channels, filters, strides, padding
):
    tensors = drawn(side, channels, filters)
    expected, results = (
        derivatives(function, strides, padding, tensors)
        for function in (tf.nn.conv2d, convolve)
    )
    assert_same(results, expected)


@SHAPES
def test_unknown_sizes_are_fine(side, channels, filters, strides, padding):
    tensors = drawn(side, channels, filters)
    images = tf.TensorSpec([None, None, None, channels], tf.float64)
    kernel = tf.TensorSpec(tensors[1].shape, tf.float64)

    @tf.function(input_signature=[images, kernel])
    def results(*tensors):
        return derivatives(convolve, strides, padding, tensors)

    expected = derivatives(tf.nn.conv2d, strides, padding, tensors)
    assert_same(results(*tensors), expected)


def test_a_single_row_has_tensorflow_s_gradients():
    rng = np.random.default_rng(0)
    tensors = [
        tf.constant(rng.normal(size=shape))
        for shape in ((2, 5, 9, 12), (5, 5, 12, 9))
    ]
    expected, results = (
        derivatives(function, 1, "VALID", tensors)
        for function in (tf.nn.conv2d, convolve)
    )
    assert_same(results, expected)
    graph = tf.function(lambda *t: derivatives(convolve, 1, "VALID", t)[:3])
    kinds = kinds_of(graph.get_concrete_function(*tensors).graph)
    assert "Conv2DBackpropInput" in kinds


def kinds_of(graph):
    return {operation.type for operation in graph.get_operations()}


def operations(images, kernel):
    """Names of the operations of a layer's gradients."""

    @tf.function
    def gradients(images, kernel):
        with tf.GradientTape() as tape:
            tape.watch([images, kernel])
            outputs = convolve(images, kernel, 1, "SAME")
        return tape.gradient(outputs, [images, kernel])

    return kinds_of(gradients.get_concrete_function(images, kernel).graph)


def test_gpus_have_tensorflows_gradients(monkeypatch):
    tensors = drawn(3, 4, 2)
    assert "Conv2DBackpropInput" not in operations(*tensors)
    monkeypatch.setattr(tf.config, "get_visible_devices", lambda kind: [kind])
    assert "Conv2DBackpropInput" in operations(*tensors)


@pytest.mark.parametrize("onednn", [False, True])
def test_rows_of_whole_pages_get_one_more_channel(onednn, monkeypatch):
    """Of 4x4 taps and 32 channels, a row has 2 KiB; of 31 or 33, it has not."""
    module = importlib.import_module("tfmask.layers.convolve")
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


@pytest.mark.parametrize("native", [False, True])
def test_bfloat16_is_float32_inside_if_the_processor_has_none(
    native, monkeypatch
):
    monkeypatch.setattr("tfmask.ops.precision._has_bfloat16", lambda: native)

    @tf.function
    def values(images, kernel):
        return derivatives(convolve, 1, "VALID", [images, kernel])[:3]

    shapes = (1, 6, 6, 4), (3, 3, 4, 9)
    specs = [tf.TensorSpec(shape, tf.bfloat16) for shape in shapes]
    graph = values.get_concrete_function(*specs).graph
    assert {tensor.dtype for tensor in graph.outputs} == {tf.bfloat16}
    inside = {
        operation.outputs[0].dtype
        for operation in graph.get_operations()
        if operation.type.startswith("Conv2D")
    }
    assert inside == {tf.bfloat16 if native else tf.float32}


def test_bfloat16():
    exact = derivatives(convolve, 1, "VALID", drawn(3, 4, 2))[1:3]
    rounded = [tf.cast(part, tf.bfloat16) for part in drawn(3, 4, 2)]
    for value, wanted in zip(
        derivatives(convolve, 1, "VALID", rounded)[1:3], exact, strict=True
    ):
        assert value.dtype == tf.bfloat16
        error = np.abs(tf.cast(value, tf.float64) - wanted).max()
        assert error < 0.05 * np.abs(wanted).max()


@pytest.fixture(params=[False, True], ids=["without oneDNN", "with oneDNN"])
def narrow(request, monkeypatch):
    """Kernels of few weights count as wide ones."""
    wide = importlib.import_module("tfmask.layers.wide")
    monkeypatch.setattr(wide, "_MANY_WEIGHTS", 1)
    monkeypatch.setattr(wide, "_MANY_FOR_ONEDNN", 1)
    monkeypatch.setattr(wide, "uses_onednn", lambda: request.param)


@pytest.mark.parametrize(
    ("side", "padding", "filters"),
    [(4, "SAME", 32), (4, "SAME", 3), (3, "VALID", 3), (4, "VALID", 32)],
)
def test_transposed_convolutions(side, padding, filters):
    """Of 32 filters, the gradient of the kernel has one channel more."""
    rng = np.random.default_rng(0)
    tensors = (
        tf.constant(rng.normal(size=(2, 3, 4, 5))),
        tf.constant(rng.normal(size=(side, side, filters, 5))),
    )
    more = side - 2 if padding == "VALID" else 0
    shape = (2, 6 + more, 8 + more, filters)

    def theirs(images, kernel, strides, padding):
        return tf.nn.conv2d_transpose(images, kernel, shape, strides, padding)

    def ours(images, kernel, strides, padding):
        return convolve_transposed(images, kernel, padding)

    expected, results = (
        derivatives(function, 2, padding, tensors)
        for function in (theirs, ours)
    )
    assert_same(results, expected)


def assert_product_equals(
    ours, theirs, shape, side=4, strides=2, padding="SAME"
):
    """Our gradient uses products of matrices. TensorFlow's gives the same."""
    rng = np.random.default_rng(0)
    tensors = (
        tf.constant(rng.normal(size=shape)),
        tf.constant(rng.normal(size=(side, side, 3, 5))),
    )
    graph = tf.function(lambda *t: derivatives(ours, strides, padding, t))
    kinds = kinds_of(graph.get_concrete_function(*tensors).graph)
    assert "MatMul" in kinds and "Conv2DBackpropInput" not in kinds
    expected = derivatives(theirs, strides, padding, tensors)
    assert_same(graph(*tensors), expected)


@pytest.mark.parametrize("padding, border", [("SAME", 0), ("VALID", 2)])
@pytest.mark.parametrize("height, width", [(8, 6), (2, 2)])
def test_wide_kernels_on_few_pixels(narrow, height, width, padding, border):
    shape = (2, height + border, width + border, 3)
    assert_product_equals(convolve, tf.nn.conv2d, shape, padding=padding)


@pytest.mark.parametrize(
    "side, padding",
    [(1, "VALID"), (1, "SAME"), (2, "VALID"), (3, "SAME"), (4, "VALID")],
)
@pytest.mark.parametrize("height, width", [(6, 5), (4, 4)])
def test_wide_kernels_of_stride_1(narrow, height, width, side, padding):
    shape = (2, height, width, 3)
    assert_product_equals(convolve, tf.nn.conv2d, shape, side, 1, padding)


def test_a_wide_kernel_sees_a_single_pixel(narrow):
    shape = (1, 4, 4, 3)
    tensors = (tf.ones(shape, tf.float64), drawn(4, 3, 5)[1])
    results, expected = (
        derivatives(function, 1, "VALID", tensors)
        for function in (convolve, tf.nn.conv2d)
    )
    assert_same(results, expected)


@pytest.mark.parametrize("height, width", [(4, 3), (1, 1)])
def test_transposed_wide_kernels_on_few_pixels(narrow, height, width):
    def theirs(images, kernel, strides, padding):
        shape = (2, 2 * height, 2 * width, 3)
        return tf.nn.conv2d_transpose(images, kernel, shape, strides, padding)

    def ours(images, kernel, strides, padding):
        return convolve_transposed(images, kernel)

    assert_product_equals(ours, theirs, (2, height, width, 5))


@pytest.mark.parametrize(
    ("shape", "kernel", "strides", "padding", "wide"),
    [
        ((1, 8, 8, 256), (4, 4, 256, 256), 2, "SAME", True),
        ((4, 16, 16, 256), (4, 4, 256, 256), 2, "SAME", True),
        # Too many pixels, too few weights, a size that does not fit, an export.
        ((17, 16, 16, 256), (4, 4, 256, 256), 2, "SAME", False),
        ((1, 8, 8, 128), (4, 4, 128, 256), 2, "SAME", False),
        ((1, 8, 8, 512), (3, 3, 512, 512), 2, "SAME", False),
        ((1, 8, 7, 256), (4, 4, 256, 256), 2, "SAME", False),
        ((None, 8, 8, 256), (4, 4, 256, 256), 2, "SAME", False),
        ((4, 18, 18, 256), (4, 4, 256, 256), 2, "VALID", True),
        ((4, 17, 18, 256), (4, 4, 256, 256), 2, "VALID", False),
        ((2, 6, 6, 256), (4, 4, 256, 256), 1, "VALID", True),
        ((4, 19, 19, 256), (4, 4, 256, 256), 1, "VALID", True),
        ((4, 20, 19, 256), (4, 4, 256, 256), 1, "VALID", False),
        ((2, 6, 6, 256), (4, 4, 256, 256), 1, "SAME", False),
        ((2, 6, 6, 512), (3, 3, 512, 256), 1, "SAME", True),
        ((1, 32, 32, 1024), (1, 1, 1024, 1024), 1, "VALID", True),
        ((1, 33, 32, 1024), (1, 1, 1024, 1024), 1, "VALID", False),
        ((2, 6, 6, 256), (4, 4, 256, 256), 3, "VALID", False),
    ],
)
def test_which_layers_are_products_of_matrices(
    shape, kernel, strides, padding, wide
):
    @tf.function
    def gradient(images, kernel):
        with tf.GradientTape() as tape:
            tape.watch(images)
            outputs = convolve(images, kernel, strides, padding)
        return tape.gradient(outputs, images)

    graph = gradient.get_concrete_function(
        tf.TensorSpec(shape), tf.TensorSpec(kernel)
    ).graph
    assert ("MatMul" in kinds_of(graph)) == wide
