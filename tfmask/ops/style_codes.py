"""Random codes of style, by number."""

import tensorflow as tf

# This keeps the codes apart from other draws with the same seed.
_STREAM = 17


def style_codes(seeds, size):
    """The random codes that seeds name.

    A seed always names the same code: at every place in the batch, on every
    machine and in every version. The generator Philox does not change.

    Args:
        seeds: (B,) int32 or int64.
        size: int, how many numbers a code has.

    Returns:
        (B, size) float32, draws of N(0, 1).
    """
    return tf.map_fn(
        lambda seed: tf.random.stateless_normal(
            [size], tf.stack([seed, _STREAM]), alg="philox"
        ),
        tf.cast(seeds, tf.int64),
        fn_output_signature=tf.TensorSpec([size], tf.float32),
    )


def seeds_of(inputs):
    """(B,) int64 of a translation's inputs; 0 where they hold none."""
    seeds = inputs.get("style_seed")
    if seeds is None:
        return tf.zeros([tf.shape(inputs["image"])[0]], tf.int64)
    return tf.cast(seeds, tf.int64)
