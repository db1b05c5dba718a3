"""What changes when a step runs on several replicas."""

import tensorflow as tf


def replica_count():
    """Replicas that train together; 1 without a strategy."""
    return tf.distribute.get_strategy().num_replicas_in_sync


def replica_share(loss):
    """A replica's part of the global loss: `loss / replicas`.

    Optimizers sum gradients over replicas, in Keras 2 and 3; without this
    the learning rate would grow with the number of devices.

    Args:
        loss: scalar float, a mean over the replica's own examples.

    Returns:
        Scalar float.
    """
    return loss / replica_count()


def gather_replicas(values):
    """(B, ...) of each replica to (replicas * B, ...), equal on all.

    A sum of zero-padded parts and not `ReplicaContext.all_gather`: that is a
    collective, and TensorFlow numbers the collectives of every strategy from
    the same start, so that a process's second MirroredStrategy fails with
    mismatched shapes.
    """
    count = replica_count()
    if count == 1:
        return values
    context = tf.distribute.get_replica_context()
    mine = tf.one_hot(
        context.replica_id_in_sync_group, count, dtype=values.dtype
    )
    padded = tf.tensordot(mine, values, axes=0)
    padded = tf.reshape(padded, [-1, *values.shape[1:]])
    return context.all_reduce(tf.distribute.ReduceOp.SUM, padded)


def replica_slice(values, own):
    """This replica's rows of what `gather_replicas(own)` was made into."""
    if replica_count() == 1:
        return values
    size = tf.shape(own)[0]
    replica = tf.distribute.get_replica_context().replica_id_in_sync_group
    return values[replica * size : (replica + 1) * size]


def replica_uniform(own, seed, shape=()):
    """Numbers in [0, 1), as many for each of this replica's rows.

    Args:
        own: (B, ...) this replica's rows.
        seed: (2,) ints; the global batch's numbers depend on nothing else.
        shape: of the numbers of one row.

    Returns:
        (B, *shape) float32.
    """
    count = tf.shape(own)[0] * replica_count()
    drawn = tf.random.stateless_uniform([count, *shape], seed)
    return replica_slice(drawn, own)
