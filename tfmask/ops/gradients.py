"""Gradients other than TensorFlow's, which leave no graph in memory."""

import tensorflow as tf

# This name is not public. It is the same in TensorFlow 2.11 to 2.21.
from tensorflow.python.eager import record


def with_gradient(function, gradient, *inputs):
    """`function(*inputs)` with another gradient on `tf.GradientTape`.

    `tf.custom_gradient` does the same, but in a graph it registers each use
    under a name of its own, and with it the graph, until the process ends.
    Here the tape alone knows the gradient. Whoever differentiates without a
    tape in the same graph, such as a tape around a `tf.function`, gets
    TensorFlow's gradient of `function`: the two must agree.

    Args:
        function: of tensors, without variables; returns a tensor or a tuple.
        gradient: takes the gradient of each output and returns those of the
            inputs, one tensor for one input, else a sequence.
        *inputs: float tensors.

    Returns:
        What `function` returns.

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

    Nothing but the inputs is kept for it in between, for once more the time
    of the forward pass. The repetition starts when the gradient of the output
    is there, so that one such function at a time holds what it computes.
    Under XLA, which knows no order but that of the data, nothing is saved.

    Args:
        function: of tensors that returns a tensor; it assigns no variable and
            draws nothing.
        variables: list of those that it reads and that learn.
        *inputs: float tensors.

    Returns:
        What `function` returns.
    """
    # Read here, where the tape sees it, so that gradients reach the variables.
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

    To be inherited from before `keras.layers.Layer`.

    Attributes:
        recompute: bool, whether they do; no part of the layer's config.
    """

    recompute = False

    def part(self, function, layers, *inputs):
        """`function(*inputs)`; again for its gradient if that is wanted.

        Not where a layer assigns variables in a call, as batch normalisation
        does: it would do so twice.

        Args:
            function: of tensors that returns a tensor.
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
