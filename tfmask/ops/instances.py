"""Sets of instance masks: empty slots, areas, order."""

import tensorflow as tf

from tfmask.ops.precision import exact, mean_over

# Masks are in [-1, 1]. A slot that is -1 everywhere holds no instance.
EMPTY = -1.0


def signed(instances):
    """Instances in [0, 1], of any dtype, as float32 masks in [-1, 1]."""
    return 2.0 * exact(instances) - 1.0


def memberships(masks):
    """Masks in [-1, 1] as instances in [0, 1]."""
    return (masks - EMPTY) / 2.0


def occupied(masks):
    """Which slots hold an instance.

    Args:
        masks: (B, N, H, W, 1) float in [-1, 1].

    Returns:
        (B, N) bool; False if every pixel is -1.
    """
    return tf.reduce_any(masks > EMPTY, axis=(2, 3, 4))


def count(masks):
    """(B,) int32, how many of the slots of (B, N, H, W, 1) hold an instance."""
    return tf.math.count_nonzero(occupied(masks), axis=1, dtype=tf.int32)


def union(masks):
    """The pixels of all instances together.

    Args:
        masks: (B, N, H, W, 1) float in [-1, 1].

    Returns:
        (B, H, W, 1) float in [0, 1]: the sum of the memberships (mask + 1) / 2,
        clipped at 1. It is 0 if there are no slots.

    Paper: InstaGAN, section 3.2. Its code also sums and clips.
    """
    return tf.clip_by_value(tf.reduce_sum(memberships(masks), axis=1), 0.0, 1.0)


def merged(masks):
    """All instances as one.

    Args:
        masks: (B, N, H, W, 1) float in [-1, 1].

    Returns:
        (B, 1, H, W, 1) float in [-1, 1]: their union. It is -1 if there are no
        slots.
    """
    return signed(union(masks))[:, None]


def shared_out(outline, masks):
    """Cuts one outline into pieces: a pixel goes to the nearest instance.

    Args:
        outline: (B, 1, H, W, 1) float in [-1, 1].
        masks: (B, N, H, W, 1) float in [-1, 1]; N may be 0.

    Returns:
        (B, N, H, W, 1) float in [-1, 1]: the outline in the pixels that are
        nearest to the mask of the slot (above 0). Elsewhere and in empty slots
        it is -1. Distances count steps of 3x3 neighbourhoods. A pixel that is
        equally near to several instances goes to each of them.
    """
    shape = tf.shape(masks)
    reached = tf.cast(masks > 0, masks.dtype)
    exists = tf.reduce_any(reached > 0, axis=(1, 2, 3, 4), keepdims=True)

    def unclaimed(reached):
        return exists[:, 0] & ~tf.reduce_any(reached > 0, axis=1)

    def grow(reached):
        wider = tf.nn.max_pool2d(fold(reached), 3, 1, "SAME")
        free = tf.cast(unclaimed(reached)[:, None], masks.dtype)
        return (reached + free * tf.reshape(wider, shape),)

    (reached,) = tf.while_loop(
        lambda reached: tf.reduce_any(unclaimed(reached)),
        grow,
        (reached,),
        shape_invariants=(tf.TensorShape([None] * 4 + [1]),),
        maximum_iterations=tf.maximum(shape[2], shape[3]),
    )
    pieces = tf.where(reached > 0, outline, EMPTY)
    return tf.ensure_shape(pieces, masks.shape)


def order_by_area(masks):
    """Slots from the largest instance to the smallest, empty ones last.

    Args:
        masks: (B, N, H, W, 1) float in [-1, 1].

    Returns:
        (B, N) int32 positions, for `tf.gather(masks, ..., batch_dims=1)`. Equal
        areas stay in their order.
    """
    return _descending(mean_over(masks, (3, 2, 4)))


def largest(masks, most, shuffle_seed=None):
    """The largest instances, from large to small or mixed.

    Args:
        masks: (B, N, H, W, 1) float in [-1, 1].
        most: int, how many to keep.
        shuffle_seed: (2,) int tensor; mixes the kept instances. Empty slots
            stay last. None: the order is by decreasing area.

    Returns:
        (B, min(N, most), H, W, 1) float.
    """
    chosen = tf.gather(masks, order_by_area(masks), batch_dims=1)[:, :most]
    if shuffle_seed is None:
        return chosen
    valid = occupied(chosen)
    rank = tf.random.stateless_uniform(tf.shape(valid), shuffle_seed)
    order = _descending(tf.where(valid, rank, EMPTY))
    return tf.gather(chosen, order, batch_dims=1)


def _descending(values):
    return tf.argsort(values, axis=1, direction="DESCENDING", stable=True)


def with_slots(masks, count):
    """Appends empty slots up to a number.

    Args:
        masks: (B, N, H, W, 1) float in [-1, 1].
        count: int or scalar int tensor, at least N.

    Returns:
        (B, count, H, W, 1) float.
    """
    missing = count - tf.shape(masks)[1]
    paddings = [[0, 0], [0, missing], [0, 0], [0, 0], [0, 0]]
    return tf.pad(masks, paddings, constant_values=EMPTY)


def put(masks, part, first):
    """Replaces slots.

    Args:
        masks: (B, N, H, W, 1) float.
        part: (B, n, H, W, 1) float.
        first: int or scalar int tensor, the first slot of `part`.

    Returns:
        (B, N, H, W, 1) float, with the static shape of `masks`.
    """
    # XLA cannot join slices whose sizes depend on `first`.
    slots, count = tf.shape(masks)[1], tf.shape(part)[1]
    paddings = [[0, 0], [0, slots - count], [0, 0], [0, 0], [0, 0]]
    moved = tf.roll(tf.pad(part, paddings), first, axis=1)
    number = tf.range(slots) - first
    replaced = (number >= 0) & (number < count)
    whole = tf.where(replaced[:, None, None, None], moved, masks)
    return tf.ensure_shape(whole, masks.shape)


def fold(masks):
    """(B, N, ...) to (B * N, ...), for a network that sees one at a time."""
    return tf.reshape(masks, tf.concat([[-1], tf.shape(masks)[2:]], axis=0))


def unfold(values, count):
    """(B * N, ...) back to (B, N, ...)."""
    shape = tf.concat([[-1, count], tf.shape(values)[1:]], axis=0)
    return tf.reshape(values, shape)


def first_if_none(valid):
    """Valid slots, or the first one where an example has none.

    A sum over instances must not be empty. The official code then uses its
    first slot, although it is empty.

    Args:
        valid: (B, N) bool.

    Returns:
        (B, N) bool; each row has at least one True.
    """
    none = ~tf.reduce_any(valid, axis=1, keepdims=True)
    return tf.concat([valid[:, :1] | none, valid[:, 1:]], axis=1)


def sum_valid(features, valid):
    """Sum of the features of valid slots.

    Args:
        features: (B, N, h, w, C) float.
        valid: (B, N) bool.

    Returns:
        (B, h, w, C) float.
    """
    weights = tf.cast(valid, features.dtype)[:, :, None, None, None]
    return tf.reduce_sum(features * weights, axis=1)


def stacked(image, masks):
    """(B, H, W, 3) and (B, N, H, W, 1) as one (B, H, W, 3 + N)."""
    planes = tf.transpose(masks[..., 0], [0, 2, 3, 1])
    return tf.concat([image, tf.cast(planes, image.dtype)], axis=-1)


def unstacked(images):
    """Splits the result of `stacked` again."""
    masks = tf.transpose(images[..., 3:], [0, 3, 1, 2])[..., None]
    return images[..., :3], masks


def choose(wanted, values, others):
    """Examples of `values` where `wanted` (B,) is true, else of `others`."""
    wanted = tf.reshape(wanted, [-1] + [1] * (values.shape.rank - 1))
    return tf.where(wanted, values, others)
