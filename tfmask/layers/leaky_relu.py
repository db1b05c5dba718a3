"""Leaky ReLU whose gradient needs its output only."""

import tensorflow as tf

from tfmask.ops.gradients import with_gradient

SLOPE = 0.2


def leaky_relu(features, slope=SLOPE):
    """`max(x, slope * x)`, the discriminators' activation.

    The values and gradients of `tf.nn.leaky_relu`, whose gradient asks for
    `x`. It keeps `x` in memory, and TensorFlow's graph optimizer trips over
    it after a padded convolution ("remapper failed: ... LeakyReluGrad").
    The output has the same sign, which is all that the gradient needs. The
    gradient can be differentiated, too; where it is used, it does not depend
    on `x`, and that derivative is None instead of zeros, which a gradient
    penalty would send back through the whole network.

    Args:
        features: float tensor.
        slope: float in (0, 1), of negative values.

    Returns:
        Float tensor of the same shape.

    Examples:
        >>> leaky_relu(np.array([-5.0, 2.0], "float32")).numpy().tolist()
        [-1.0, 2.0]
    """

    def gradient(upstream):
        # This avoids `LeakyReluGrad`: exports with Grad-CAM hold gradients, and
        # other engines know only the ops of networks.
        return tf.where(outputs > 0, upstream, slope * upstream)

    outputs = with_gradient(
        lambda inputs: tf.nn.leaky_relu(inputs, slope), gradient, features
    )
    return outputs
