"""Running means of the terms that a method computes."""

import keras
import tensorflow as tf

_ROWS = 64


class TermMeans(keras.metrics.Metric):
    """One mean for each term of `compute_losses`.

    Metrics cannot be made while a step is traced. But the names of the terms
    are known only in the trace. So this is a table. A term gets the next row
    when it is first seen.

    Result:
        dict of "player/term" to scalar float32. It is 0 for a term without
        values.
    """

    def __init__(self):
        super().__init__(name="terms", dtype="float32")
        self.names = []
        # Sums and counts.
        self.table = self.add_weight(
            name="table", shape=(_ROWS, 2), initializer="zeros"
        )

    def update_state(self, losses, count=1.0):
        """Adds values to the sums.

        Args:
            losses: dict of player to dict of term to `Term`.
            count: float or scalar. 0 adds to values that were counted before.
        """
        values = {
            f"{player}/{name}": term.value
            for player, terms in losses.items()
            for name, term in terms.items()
        }
        for name in values:
            if name not in self.names:
                self.names.append(name)
        if len(self.names) > _ROWS:
            raise ValueError(
                f"A method may have {_ROWS} terms. Got: {len(self.names)}"
            )
        values = {k: v for k, v in values.items() if v is not None}
        if not values:
            return
        sums = tf.stack([tf.cast(v, tf.float32) for v in values.values()])
        counts = tf.fill([len(values)], tf.cast(count, tf.float32))
        self.table.assign_add(
            tf.scatter_nd(
                [[self.names.index(name)] for name in values],
                tf.stack([sums, counts], axis=1),
                [_ROWS, 2],
            )
        )

    def count(self):
        """Counts one step for every term. Its values were added before."""
        rows = tf.cast(tf.range(_ROWS) < len(self.names), tf.float32)
        self.table.assign_add(tf.stack([tf.zeros([_ROWS]), rows], axis=1))

    def result(self):
        sums, counts = tf.unstack(tf.convert_to_tensor(self.table), axis=1)
        means = tf.math.divide_no_nan(sums, counts)
        return {name: means[row] for row, name in enumerate(self.names)}

    def reset_state(self):
        self.table.assign(tf.zeros([_ROWS, 2]))
