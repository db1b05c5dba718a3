"""Contrast of patches: each is to be told from the others of its image."""

import tensorflow as tf

from tfmask.losses.reduce import mean_per_example
from tfmask.ops.precision import exact


def patch_nce(queries, keys, temperature):
    """How badly patches of a translation tell where in the input they are.

    Query n must find key n among all keys of the image. The loss is the
    cross-entropy of this choice with the logits `query . key / temperature`, as
    a mean over n.

    Args:
        queries: (B, N, C) float, vectors of length 1 from a translation.
        keys: (B, N, C) float, vectors of length 1 from its input, at the same
            places. No gradient reaches them.
        temperature: float.

    Returns:
        (B,) float32; ln N if all keys look alike to the queries.

    Paper: Park et al. 2020, Eq. (3) and (4), for one layer.
    Differs from the paper: no. From the authors' code: there the key of the
    same place is once more among the others, with the logit -10 / temperature.
    Its share is exp(-9 / temperature) at most.

    Examples:
        >>> same = np.ones((1, 2, 1), "float32")
        >>> patch_nce(same, same, 0.07).numpy().round(6).tolist()
        [0.6931470036506653]
    """
    queries, keys = exact(queries), tf.stop_gradient(exact(keys))
    logits = tf.matmul(queries, keys, transpose_b=True) / temperature
    own = tf.reduce_sum(queries * keys, axis=-1) / temperature
    return mean_per_example(tf.reduce_logsumexp(logits, axis=-1) - own)
