"""Examples that stay in memory, decoded and resized, after their first use."""

import tensorflow as tf


class KeptExamples:
    """A function of an index whose examples are made once.

    An example from memory is the same, bit for bit, as one that is made again.
    So training does not depend on what is in memory.

    Args:
        make: function of an int64 scalar tensor, in graph code. It returns a
            dict of uint8 tensors of known shapes.
        count: int, how many examples there are.
        limit: int, how many bytes may be kept. The first examples are kept as
            far as they fit. The others are made each time.
    """

    def __init__(self, make, count, limit):
        self._make = make
        traced = tf.function(make, autograph=False).get_concrete_function(
            tf.TensorSpec((), tf.int64)
        )
        self._shapes = {
            name: spec.shape for name, spec in traced.structured_outputs.items()
        }
        self._sizes = [shape.num_elements() for shape in self._shapes.values()]
        self._size = sum(self._sizes)
        self._kept_count = min(count, limit // self._size)
        # A table of bytes is in memory of TensorFlow. A dict would need a call
        # of Python for each example, which takes longer.
        with tf.device("CPU"):
            self._table = tf.lookup.experimental.MutableHashTable(
                tf.int64, tf.string, default_value=""
            )

    def __call__(self, index):
        """The example of an index, in graph code."""
        if not self._kept_count:
            return self._make(index)
        content = self._table.lookup(index)
        values = tf.cond(
            tf.strings.length(content) > 0,
            lambda: tf.io.decode_raw(content, tf.uint8),
            lambda: self._made(index),
        )
        parts = tf.split(tf.ensure_shape(values, self._size), self._sizes)
        return {
            name: tf.reshape(part, shape)
            for (name, shape), part in zip(
                self._shapes.items(), parts, strict=True
            )
        }

    def _made(self, index):
        """The values of an example, which is made and perhaps kept."""
        example = self._make(index)
        values = tf.concat(
            [tf.reshape(example[name], [-1]) for name in self._shapes], axis=0
        )

        def keep():
            # The bytes of the values are the end of a serialised tensor. They
            # are read faster than all of it.
            content = tf.strings.substr(
                tf.io.serialize_tensor(values), -self._size, self._size
            )
            with tf.control_dependencies([self._table.insert(index, content)]):
                return tf.identity(values)

        return tf.cond(index < self._kept_count, keep, lambda: values)
