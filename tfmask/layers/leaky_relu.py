"""Leaky ReLU whose gradient needs its output only."""

import tensorflow as tf

from tfmask.ops.gradients import with_gradient

SLOPE = 0.2


def leaky_relu(features, slope=SLOPE):
    """`max(x, slope * x)`, the discriminators' activation.

    It has the values and gradients of `tf.nn.leaky_relu`. The gradient of
    `tf.nn.leaky_relu` needs `x` and keeps it in memory. TensorFlow's graph
    optimizer fails on it after a padded convolution ("remapper failed: ...
    LeakyReluGrad"). The gradient here needs only the sign of `x`. The output
    has the same sign. The gradient can also be differentiated. It does not
    depend on `x`, and this derivative is None, not zeros. A gradient penalty
    would send zeros back through the whole network.

    Args:
        features: float tensor.
        slope: float in (0, 1), for negative values.

    Returns:
        Float tensor of the same shape.

    Examples:
        >>> leaky_relu(np.array([-5.0, 2.0], "float32")).numpy().tolist()
        [-1.0, 2.0]
    """

    def gradient(upstream):
        # This avoids `LeakyReluGrad`. Exports with Grad-CAM hold gradients, and
        # other engines know only the ops of networks.
        return tf.where(outputs > 0, upstream, slope * upstream)

    outputs = with_gradient(
        lambda inputs: tf.nn.leaky_relu(inputs, slope), gradient, features
    )
    return outputs
