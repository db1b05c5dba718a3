"""Gradients other than TensorFlow's, which leave no graph in memory."""

import tensorflow as tf

# Not a public name, and the same in TensorFlow 2.11 to 2.21.
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
