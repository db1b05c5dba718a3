"""The reduction that the losses share."""

from tfmask.ops.precision import exact, mean_over


def mean_per_example(values):
    """(B, ...) to (B,) float32: the mean over everything but the batch."""
    values = exact(values)
    last = values.shape.rank - 1
    # Channels last: there are few, and they lie next to each other.
    return mean_over(values, (*range(last - 1, 0, -1), last)[:last])
