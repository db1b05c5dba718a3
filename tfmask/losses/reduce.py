"""The reduction that the losses share."""

import tensorflow as tf

from tfmask.ops.precision import exact, mean_over


def mean_per_example(values):
    """(B, ...) to (B,) float32: the mean over everything but the batch."""
    values = exact(values)
    last = values.shape.rank - 1
    # Channels are reduced last. There are few of them, and they lie next to
    # each other in memory.
    return mean_over(values, (*range(last - 1, 0, -1), last)[:last])


def score_maps(scores):
    """A `Judgement`'s list of scores, or one map, as a list in float32."""
    if not isinstance(scores, list | tuple):
        scores = [scores]
    return [exact(values) for values in scores]


def mean_of_scores(loss, scores):
    """(B,): the mean over each map of `loss(map)`, summed over the maps."""
    means = [mean_per_example(loss(values)) for values in score_maps(scores)]
    return means[0] if len(means) == 1 else tf.add_n(means)
