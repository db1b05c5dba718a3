"""Means over many pixels, and half precision, without losing digits.

TensorFlow's CPU kernels add all numbers of several reduced axes one after the
other. Over the 65,536 pixels of a 256 px image in float32, this loses two
digits and more. To reduce one axis after the other does not lose them, and is
as fast (`benchmarks/precision.py`).
"""

import functools
import math
from pathlib import Path

import numpy as np
import tensorflow as tf

from tfmask.ops.gradients import with_gradient

_SMALLEST_VARIANCE = 1e-30
_PROCESSORS = Path("/proc/cpuinfo")
# Names of instructions, of x86 and of Arm.
_BFLOAT16_FLAGS = frozenset(["avx512_bf16", "amx_bf16", "bf16"])


def policy_name(precision):
    """Keras' name of the policy of a precision: bfloat16 only in layers."""
    return "mixed_bfloat16" if precision == "bfloat16" else precision


@functools.cache
def _has_bfloat16():
    """Whether the processor computes in bfloat16, as far as Linux tells."""
    try:
        text = _PROCESSORS.read_text()
    except OSError:
        return False
    return not _BFLOAT16_FLAGS.isdisjoint(text.split())


def is_slow(dtype):
    """Whether TensorFlow computes convolutions slowly in a precision.

    Without instructions for bfloat16 it computes most gradients number by
    number. Then a training step takes several times as long as in float32.

    Args:
        dtype: dtype of a tensor.
    """
    return (
        dtype == tf.bfloat16
        and not tf.config.get_visible_devices("GPU")
        and not _has_bfloat16()
    )


def exact(values):
    """Values in float32, or in float64 where they are a tensor of that.

    Args:
        values: tensor, variable or array of numbers.

    Returns:
        Tensor of float32 or float64.
    """
    # NumPy's arrays are float64 by default. A float64 tensor is a choice of the
    # caller.
    if not isinstance(values, np.ndarray | list | tuple):
        values = tf.convert_to_tensor(values)
        if values.dtype == tf.float64:
            return values
    return tf.cast(values, tf.float32)


def mean_over(values, axes, keepdims=False):
    """The mean over some axes, one after the other.

    Args:
        values: float tensor.
        axes: ints from 0, in the order of the reductions. Width before height
            is the quickest order.
        keepdims: bool, as in `tf.reduce_mean`.

    Returns:
        float32 tensor; float64 tensor for float64 values.
    """
    return _reduced(tf.reduce_mean, values, axes, keepdims)


def sum_over(values, axes, keepdims=False):
    """The sum over some axes; see `mean_over`."""
    return _reduced(tf.reduce_sum, values, axes, keepdims)


def _reduced(reduce, values, axes, keepdims):
    values = exact(values)
    for axis in axes:
        values = reduce(values, axis=axis, keepdims=True)
    return values if keepdims else tf.squeeze(values, axes)


def moments(values, axes):
    """Mean and biased variance over some axes; see `mean_over`.

    Args:
        values: float tensor.
        axes: ints from 0.

    Returns:
        (mean, variance). The reduced axes stay with size 1.
    """
    mean = mean_over(values, axes, keepdims=True)
    # This takes two passes, because E(x^2) - E(x)^2 loses digits. The
    # derivative with respect to this mean is 0, but its derivative is not 0. A
    # gradient penalty needs it.
    squares = tf.math.squared_difference(values, along_height(mean, values))
    return mean, mean_over(squares, axes, keepdims=True)


def mean_and_deviation(values, axes):
    """Mean, and root of the unbiased variance, over some axes; see `mean_over`.

    The root of 0 has no gradient. Here, as in PyTorch, it has the gradient 0.

    Args:
        values: float tensor.
        axes: ints from 0.

    Returns:
        (mean, deviation). The reduced axes stay with size 1.
    """
    mean, variance = moments(values, axes)
    count = tf.reduce_prod(tf.gather(tf.shape(values), axes))
    count = tf.cast(count, variance.dtype)
    variance *= count / (count - 1.0)
    return mean, tf.sqrt(tf.maximum(variance, _SMALLEST_VARIANCE))


def normalized(values, axes, epsilon, unbiased=False):
    """`(x - mean) / sqrt(variance + epsilon)` by the values' own moments.

    On a tape its gradient is the closed form. It needs only the outputs and
    half of the operations:

        factor * (g - mean(g) - y * sum(g y) / count)

    Here g is the gradient of the outputs, and y are the outputs.

    Args:
        values: (B, H, W, C) float32 or float64 tensor.
        axes: ints from 0.
        epsilon: float.
        unbiased: bool; the variance is the sum of squares divided by count - 1.

    Returns:
        Tensor of `values`' shape.
    """
    sizes = [values.shape[axis] for axis in axes]
    if None in sizes:
        sizes = tf.gather(tf.shape(values), axes)
        divisor = tf.cast(tf.reduce_prod(sizes), values.dtype)
    else:
        divisor = float(math.prod(sizes))
    if unbiased:
        divisor = tf.maximum(tf.cast(divisor - 1.0, values.dtype), 1.0)

    def function(images):
        # There is no tape here, so there is no gradient of a broadcast.
        centered = images - mean_over(images, axes, keepdims=True)
        squares = sum_over(tf.square(centered), axes, keepdims=True)
        factor = tf.math.rsqrt(squares / divisor + epsilon)
        return centered * factor, factor

    def gradient(upstream, of_factor):
        # The factor is an output. So this also has a gradient.
        total = sum_over(upstream * outputs, axes, keepdims=True)
        share = (total + of_factor * factor) / divisor
        mean = mean_over(upstream, axes, keepdims=True)
        rest = upstream - along_height(mean, outputs)
        rest -= outputs * along_height(share, outputs)
        return rest * along_height(factor, outputs)

    outputs, factor = with_gradient(function, gradient, values)
    return outputs


def standardized(values, mean, variance, epsilon, scale=None, offset=None):
    """`(x - mean) / sqrt(variance + epsilon) * scale + offset`.

    `tf.nn.batch_normalization` computes `x * s + (offset - mean * s)`. That
    loses digits if the mean is large.

    Args:
        values: (..., H, W, C) float tensor.
        mean: (..., 1, 1, C) with the rank of `values`, or (C,).
        variance: the same forms.
        epsilon: float.
        scale: None, or a tensor that broadcasts to `mean`'s shape.
        offset: None, or (C,).

    Returns:
        Tensor of `values`' shape.
    """
    factor = tf.math.rsqrt(variance + epsilon)
    if scale is not None:
        factor *= scale
    outputs = (values - along_height(mean, values)) * along_height(
        factor, values
    )
    if offset is not None:
        outputs += offset
    return outputs


def along_height(statistic, values):
    """Repeats (..., 1, 1, C) along the height of (..., H, W, C).

    The gradient of a broadcast is a sum. This splits it into a sum over widths
    and then a sum over heights.
    """
    if statistic.shape.rank == 1:
        return statistic
    wanted = [*statistic.shape[:-3], values.shape[-3], *statistic.shape[-2:]]
    if None in wanted:
        # These are ten more operations. A graph of known sizes does not need
        # them.
        known, shape = tf.shape(statistic), tf.shape(values)
        wanted = tf.concat([known[:-3], shape[-3:-2], known[-2:]], axis=0)
    return tf.broadcast_to(statistic, wanted)
