"""Leaky ReLU whose gradient needs its output only."""

import tensorflow as tf

SLOPE = 0.2


@tf.custom_gradient
def leaky_relu(features):
    """`max(x, 0.2 x)`, the discriminators' activation.

    The values and gradients of `tf.nn.leaky_relu`, whose gradient asks for
    `x`. It keeps `x` in memory, and TensorFlow's graph optimizer trips over
    it after a padded convolution ("remapper failed: ... LeakyReluGrad").
    The output has the same sign, which is all that the gradient needs.

    Args:
        features: float tensor.

    Returns:
        Float tensor of the same shape.

    Example:
        >>> leaky_relu(np.array([-5.0, 2.0], "float32")).numpy().tolist()
        [-1.0, 2.0]
    """
    outputs = tf.nn.leaky_relu(features, SLOPE)

    def gradient(upstream):
        return tf.raw_ops.LeakyReluGrad(
            gradients=upstream, features=outputs, alpha=SLOPE
        )

    return outputs, gradient
