"""Functions for a step that runs on several replicas, or in several parts."""

import contextlib
import threading

import tensorflow as tf

# Each replica is traced in its own thread.
_traced = threading.local()


@contextlib.contextmanager
def part_of_step(number, count):
    """What is traced inside is one part of a step's batch, and draws as such.

    Args:
        number: scalar int tensor, from 0.
        count: int, parts of the step.
    """
    _traced.part = (number, count)
    try:
        yield
    finally:
        _traced.part = None


def rows_of_part(draw, count):
    """Draws for a part's rows, of which each part has its own.

    Args:
        draw: function of a number of rows that returns (rows, ...).
        count: scalar int, rows of the part on all replicas together.

    Returns:
        (count, ...): the rows of this part, from a draw for the whole step.
    """
    part = getattr(_traced, "part", None)
    if part is None:
        return draw(count)
    number, parts = part
    return draw(count * parts)[number * count : (number + 1) * count]


def replica_count():
    """Replicas that train together; 1 without a strategy."""
    return tf.distribute.get_strategy().num_replicas_in_sync


def replica_share(loss):
    """A replica's part of the global loss: `loss / replicas`.

    Optimizers sum gradients over replicas, in Keras 2 and 3. Without this
    division, the learning rate would grow with the number of devices.

    Args:
        loss: scalar float, a mean over the examples of this replica.

    Returns:
        Scalar float.
    """
    return loss / replica_count()


def gather_replicas(values):
    """(B, ...) of each replica to (replicas * B, ...), equal on all.

    It is a sum of zero-padded parts. It does not use
    `ReplicaContext.all_gather`, which is a collective. TensorFlow numbers the
    collectives of every strategy from the same start. So the second
    MirroredStrategy of a process would fail with mismatched shapes.
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
        seed: (2,) ints. The numbers of the global batch depend only on it.
        shape: of the numbers of one row.

    Returns:
        (B, *shape) float32.
    """
    return _own_draws(tf.random.stateless_uniform, own, seed, shape)


def replica_normal(own, seed, shape=()):
    """As `replica_uniform`: (B, *shape) draws of N(0, 1), of `own`'s dtype."""
    drawn = _own_draws(tf.random.stateless_normal, own, seed, shape)
    return tf.cast(drawn, own.dtype)


def _own_draws(draw, own, seed, shape):
    """Of `replica_uniform` and `replica_normal`."""
    drawn = rows_of_part(
        lambda rows: draw([rows, *shape], seed),
        tf.shape(own)[0] * replica_count(),
    )
    return replica_slice(drawn, own)


def clipped(gradients, norm):
    """Gradients, shortened together where they are longer than `norm`.

    Keras 3 clips the part of each replica. Then several replicas make another
    update than one device.

    Args:
        gradients: list of the tensors of this replica, or None.
        norm: float, the largest norm of the sum over replicas.

    Returns:
        list; None stays None. Its sum over replicas is the clipped gradient.
    """
    count, whole = replica_count(), gradients
    if count > 1:
        context = tf.distribute.get_replica_context()
        total = tf.distribute.ReduceOp.SUM
        present = [g for g in gradients if g is not None]
        sums = iter(context.all_reduce(total, present))
        whole = [None if g is None else next(sums) for g in gradients]
    short, _ = tf.clip_by_global_norm(whole, norm)
    return [None if g is None else g / count for g in short]


def replica_mean(values):
    """The mean over replicas; gradients flow back to all of them."""
    count = replica_count()
    if count == 1:
        return values
    context = tf.distribute.get_replica_context()
    return context.all_reduce(tf.distribute.ReduceOp.SUM, values) / count


def assign_everywhere(variables, function):
    """Gives each variable `function(variable)`, on all replicas alike.

    Args:
        variables: list of variables of Keras or TensorFlow. They are equal on
            all replicas.
        function: function of a tensor. It returns a tensor of the same shape
            and dtype.
    """

    def update(strategy):
        for variable in variables:
            if not isinstance(variable, tf.Variable):  # of Keras 3
                variable = variable.value
            strategy.extended.update(
                variable, lambda own: own.assign(function(own))
            )

    tf.distribute.get_replica_context().merge_call(update)
