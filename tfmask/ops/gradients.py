"""Gradients other than TensorFlow's, which leave no graph in memory."""

import tensorflow as tf

# This name is not public. It is the same in TensorFlow 2.11 to 2.21.
from tensorflow.python.eager import record


def with_gradient(function, gradient, *inputs):
    """`function(*inputs)` with another gradient on `tf.GradientTape`.

    `tf.custom_gradient` does the same. But in a graph it registers each use
    under a new name, and keeps the graph until the process ends. Here only the
    tape knows the gradient. A derivative without a tape in the same graph is
    TensorFlow's gradient of `function`. An example is a tape around a
    `tf.function`. So the two gradients must agree.

    Args:
        function: function of tensors, without variables. It returns a tensor or
            a tuple.
        gradient: function of the gradient of each output. It returns the
            gradients of the inputs: one tensor for one input, else a sequence.
        *inputs: float tensors.

    Returns:
        The result of `function`.

    Examples:
        >>> x = tf.Variable(3.0)
        >>> with tf.GradientTape() as tape:
        ...     y = with_gradient(tf.square, lambda dy: 2.0 * x * dy, x)
        >>> float(tape.gradient(y, x))
        6.0
    """
    inputs = [tf.convert_to_tensor(tensor) for tensor in inputs]
    with record.stop_recording():
        outputs = function(*inputs)

    def backward(*upstream):
        gradients = gradient(*upstream)
        return [gradients] if tf.is_tensor(gradients) else list(gradients)

    record.record_operation(
        "WithGradient", tf.nest.flatten(outputs), inputs, backward
    )
    return outputs


def recomputed(function, variables, *inputs):
    """`function(*inputs)`, whose backward pass computes it again.

    Between the two passes, only the inputs are kept. This costs the time of one
    more forward pass. The repetition starts when the gradient of the output is
    there. So only one such function at a time holds its results. XLA knows only
    the order of the data. Under XLA nothing is saved.

    Args:
        function: function of tensors. It returns a tensor. It assigns no
            variable and draws no random numbers.
        variables: list of the variables that it reads and that learn.
        *inputs: float tensors.

    Returns:
        The result of `function`.
    """
    # The variables are read here, where the tape sees it. So gradients reach
    # them.
    weights = [tf.convert_to_tensor(variable) for variable in variables]
    inputs = [tf.convert_to_tensor(tensor) for tensor in inputs]

    def gradient(upstream):
        with tf.control_dependencies([upstream]):
            again = [tf.identity(tensor) for tensor in inputs]
        with tf.GradientTape() as tape:
            tape.watch(again)
            outputs = function(*again)
        computed = tape.gradient(
            outputs,
            [*again, *variables],
            upstream,
            unconnected_gradients=tf.UnconnectedGradients.ZERO,
        )
        return [
            tf.cast(slope, source.dtype)
            for slope, source in zip(computed, [*inputs, *weights], strict=True)
        ]

    return with_gradient(
        lambda *sources: function(*sources[: len(inputs)]),
        gradient,
        *inputs,
        *weights,
    )


class Recomputing:
    """Layers that can compute their parts again for the backward pass.

    A class must inherit from it before `keras.layers.Layer`.

    Attributes:
        recompute: bool; the layer computes its parts again. It is no part of
            the config of the layer.
    """

    recompute = False

    def part(self, function, layers, *inputs):
        """`function(*inputs)`; again for its gradient if that is wanted.

        It does not compute again if a layer assigns variables in a call, as in
        batch normalisation. Such a layer would assign them twice.

        Args:
            function: function of tensors. It returns a tensor.
            layers: list of all layers that it calls.
            *inputs: float tensors.
        """
        if not self.recompute or any(
            layer.non_trainable_weights for layer in layers
        ):
            return function(*inputs)
        weights = [
            weight for layer in layers for weight in layer.trainable_weights
        ]
        return recomputed(function, weights, *inputs)
