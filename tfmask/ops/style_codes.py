"""Random codes of style, by number."""

import tensorflow as tf

# Keeps the codes apart from other draws that a caller makes by its seed.
_STREAM = 17


def style_codes(seeds, size):
    """The random codes that seeds name.

    A seed names one code, whatever its place in the batch, on every machine
    and in every version: Philox is fixed.

    Args:
        seeds: (B,) int32 or int64.
        size: int, numbers of a code.

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
