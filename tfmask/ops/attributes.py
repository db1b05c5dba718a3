"""Target attributes: switched one at a time."""

import tensorflow as tf

from tfmask.ops.precision import exact


def switched(attributes, position, exclusive=()):
    """`attributes` with one of them switched to its other value.

    A switched-on one of an exclusive group (hair colours) switches the
    others of the group off. A switched-off one leaves the group empty.

    Args:
        attributes: (B, K) float 0/1.
        position: int, which one.
        exclusive: positions of which one at most is 1.

    Returns:
        (B, K) float32.
    """
    attributes = exact(attributes)
    columns = tf.unstack(attributes, axis=1)
    columns[position] = 1.0 - columns[position]
    if position in exclusive:
        for other in set(exclusive) - {position}:
            columns[other] *= 1.0 - columns[position]
    return tf.stack(columns, axis=1)
