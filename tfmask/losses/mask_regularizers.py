"""LOMIT's R1, R2, R3, Eq. (13) to (15), and more for soft masks."""

import tensorflow as tf

from tfmask.losses.reduce import mean_per_example
from tfmask.ops.errors import unknown_name
from tfmask.ops.gradients import with_gradient
from tfmask.ops.precision import exact, sum_over

REDUCTIONS = ("mean", "sum")
_SMALLEST_NORM = 1e-8


def mask_similarity(mask, content):
    """Pixels of like content should have like masks.

    `1 / N^2 sum_ij |m_i - m_j| cos(c_i, c_j)` over all pairs of N pixels. The
    time is O(N log N + N C). The pixels are sorted by m. P_k is the sum of the
    first k unit vectors. The pairs on both sides of the gap between neighbours
    k and k + 1 are `W_k = P_k . (P_N - P_k)`. Then `2 sum_k (m_k+1 - m_k) W_k`
    is the sum. No gradient reaches the content. At equal mask values the
    gradient is one of several possible ones.

    Args:
        mask: (B, H, W, 1) float.
        content: (B, H, W, C) float.

    Returns:
        (B,) float32; it is negative if unlike pixels have unlike masks.

    Paper: LOMIT, Eq. (13). Differs from the paper: it is the mean over pairs,
    as in the authors' code, not the sum.

    Examples:
        >>> m = np.array([0.0, 1.0], "float32").reshape(1, 2, 1, 1)
        >>> mask_similarity(m, np.ones((1, 2, 1, 4))).numpy().tolist()
        [0.5]
    """
    content = tf.stop_gradient(exact(content))
    shape = tf.shape(content)
    pixels = tf.reshape(content, [shape[0], -1, content.shape[-1]])
    norms = tf.norm(pixels, axis=-1, keepdims=True)
    units = pixels / tf.maximum(norms, _SMALLEST_NORM)
    values = tf.reshape(exact(mask), [shape[0], -1])
    ranked, order = _sorted(values)
    sums = tf.cumsum(tf.gather(units, order, batch_dims=1), axis=1)
    across = tf.reduce_sum(sums * (sums[:, -1:] - sums), axis=-1)[:, :-1]
    gaps = ranked[:, 1:] - ranked[:, :-1]
    count = tf.cast(tf.shape(values)[1], values.dtype)
    total = tf.reduce_sum(gaps * tf.stop_gradient(across), axis=1)
    return 2.0 * total / tf.square(count)


def _sorted(values):
    """Rows in ascending order, and where each number stood.

    TensorFlow's gradient of a gather is a segment sum. GPUs have no
    deterministic form of it. The gradient here is also a gather.

    Args:
        values: (B, N) float.

    Returns:
        (B, N) float, and (B, N) int32.
    """
    order = tf.argsort(values, axis=1)

    def gradient(upstream):
        places = tf.argsort(order, axis=1)
        return tf.gather(upstream, places, batch_dims=1)

    ranked = with_gradient(
        lambda rows: tf.gather(rows, order, batch_dims=1), gradient, values
    )
    return ranked, order


def style_distance(first, second, maximum=None):
    """R2: what two masks cut out should have different styles.

    `-mean |s_1 - s_2|`.

    Args:
        first: (B, C) float, style of the first foreground.
        second: (B, C) float, of the second.
        maximum: float; a larger distance brings nothing more. None: there is no
            limit.

    Returns:
        (B,) float32, 0 or less.

    Paper: LOMIT, Eq. (14). Differs from the paper: there is a maximum.

    Examples:
        >>> style_distance(np.zeros((1, 2)), np.ones((1, 2))).numpy().tolist()
        [-1.0]
    """
    apart = mean_per_example(tf.abs(exact(first) - exact(second)))
    return -apart if maximum is None else -tf.minimum(apart, maximum)


def mask_area(mask, reduction="mean"):
    """How much of an image a mask covers.

    Args:
        mask: (B, H, W, 1) float in [0, 1].
        reduction: "mean" over pixels (the authors' code), or "sum" (the
            paper's norm).

    Returns:
        (B,) float32, 0 or more.

    Raises:
        UserError: `reduction` is unknown.

    Paper: LOMIT, Eq. (15).

    Examples:
        >>> mask_area(np.full((1, 2, 2, 1), 0.5), "sum").numpy().tolist()
        [2.0]
    """
    if reduction not in REDUCTIONS:
        raise unknown_name("reduction", reduction, REDUCTIONS)
    if reduction == "mean":
        return mean_per_example(mask)
    return sum_over(exact(mask), (2, 1, 3))


def mask_indecision(mask):
    """Mean of `m (1 - m)`: 0 where every pixel is 0 or 1, at most 1/4.

    Args:
        mask: (B, H, W, 1) float in [0, 1].

    Returns:
        (B,) float32.

    Paper: none.

    Examples:
        >>> mask_indecision(np.full((1, 2, 2, 1), 0.5)).numpy().tolist()
        [0.25]
    """
    mask = exact(mask)
    return mean_per_example(mask * (1.0 - mask))


def mask_variation(mask):
    """Sum of the absolute differences of neighbours, down and right.

    Args:
        mask: (B, H, W, 1) float.

    Returns:
        (B,) float32; 0 for a constant mask.

    Paper: none. Only LOMIT's code has it, with weight 0.

    Examples:
        >>> m = np.array([0.0, 1.0, 1.0, 0.5], "float32")
        >>> mask_variation(m.reshape(1, 2, 2, 1)).numpy().tolist()
        [3.0]
    """
    values = exact(mask)
    down = tf.abs(values[:, 1:] - values[:, :-1])
    right = tf.abs(values[:, :, 1:] - values[:, :, :-1])
    return sum_over(down, (2, 1, 3)) + sum_over(right, (2, 1, 3))
