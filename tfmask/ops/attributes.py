"""Target attributes: switched one at a time."""

import tensorflow as tf

from tfmask.ops.precision import exact


def switched(attributes, position, exclusive=()):
    """`attributes` with one of them switched to its other value.

    If it is switched on and belongs to an exclusive group (hair colours), the
    others of the group are switched off. If it is switched off, the group is
    empty.

    Args:
        attributes: (B, K) float 0/1.
        position: int, the position of the attribute.
        exclusive: positions of a group; at most one of them is 1.

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
