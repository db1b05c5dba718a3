"""The loss of classifying attributes."""

import tensorflow as tf

from tfmask.ops.errors import unknown_name
from tfmask.ops.precision import exact

REDUCTIONS = ("sum", "mean")


def attribute_cross_entropy(logits, attributes, reduction="sum"):
    """Binary cross entropy of every attribute by itself.

    `-(c log s(z) + (1 - c) log(1 - s(z)))` with the sigmoid s. `reduction` says
    if the attributes are summed or averaged.

    Args:
        logits: (B, K) float, z.
        attributes: (B, K) float 0/1, c.
        reduction: "sum" (StarGAN, LOMIT) or "mean" (AttGAN, STGAN).

    Returns:
        (B,) float32, 0 or more.

    Raises:
        UserError: `reduction` is unknown.

    Paper: StarGAN, Eq. (2) and (3); the sum is in its code.
    Differs from the authors' code: no.

    Examples:
        >>> attribute_cross_entropy([[0.0, 0.0]], [[1.0, 0.0]]).numpy() / 2
        array([0.6931472], dtype=float32)
    """
    if reduction not in REDUCTIONS:
        raise unknown_name("reduction", reduction, REDUCTIONS)
    logits = exact(logits)
    entropy = tf.nn.sigmoid_cross_entropy_with_logits(
        labels=tf.cast(attributes, logits.dtype), logits=logits
    )
    reduce = tf.reduce_sum if reduction == "sum" else tf.reduce_mean
    return reduce(entropy, axis=1)
