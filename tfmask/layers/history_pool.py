"""The history of translations that discriminators are trained on."""

import tensorflow as tf

from tfmask.ops.distribution import (
    gather_replicas,
    replica_slice,
    rows_of_part,
)


class HistoryPool(tf.Module):
    """Mixes new images with remembered ones (Shrivastava et al. 2017).

    While the pool is not full, a new image is stored and returned. After that,
    there are two cases, each with probability one half. Either a random stored
    image is returned, and the new image takes its place. Or the new image is
    returned. The images of a batch are handled one after another.

    Draws depend only on (seed, step). Under a distribution strategy, every
    replica sees the whole global batch and keeps the same pool. So N replicas
    give the same result as one device, and the pool of any replica can be
    saved.

    Args:
        size: int, how many images are remembered. 0: every image is returned
            unchanged.
        shape: (H, W, C) of one image. Parts that belong together (image and
            mask) are stacked along C.
        seed: int.
        name: str.
        dtype: of the images.

    Paper: CycleGAN section 4, "a history of 50 generated images".
    Differs from the authors' code: no.
    """

    def __init__(self, size, shape, *, seed, name, dtype=tf.float32):
        super().__init__(name=name)
        self.size = size
        self.seed = seed
        if size:
            self.images = tf.Variable(
                tf.zeros([size, *shape], dtype),
                trainable=False,
                name="images",
            )
            self.filled = tf.Variable(0, trainable=False, name="filled")

    def query(self, images, step, wanted=None):
        """Remembers `images` and returns as many, some of them old.

        Args:
            images: (B, H, W, C) of `dtype`, this replica's images.
            step: integer scalar, the training step.
            wanted: (B,) bool. If it is false, the image is returned unchanged
                and not remembered. None: all are wanted.

        Returns:
            (B, H, W, C) of `dtype`.
        """
        if not self.size:
            return images
        everything = gather_replicas(images)
        count = tf.shape(everything)[0]
        if wanted is None:
            wanted = tf.fill([tf.shape(images)[0]], True)
        wanted = gather_replicas(tf.cast(wanted, images.dtype)) > 0
        step = tf.cast(step, tf.int32)
        chances = rows_of_part(
            lambda rows: tf.random.stateless_uniform([rows], [self.seed, step]),
            count,
        )
        swaps = chances > 0.5
        slots = rows_of_part(
            lambda rows: tf.random.stateless_uniform(
                [rows], [self.seed + 1, step], 0, self.size, tf.int32
            ),
            count,
        )

        def remember(position):
            new = everything[position]
            filled = tf.identity(self.filled)
            full = filled >= self.size
            room = wanted[position] & ~full
            slot = tf.where(full, slots[position], filled)
            old = tf.gather(self.images, slot)
            swap = full & swaps[position] & wanted[position]
            stored = tf.where(room | swap, new, old)
            self.images.scatter_update(tf.IndexedSlices(stored, slot))
            self.filled.assign_add(tf.cast(room, tf.int32))
            return tf.where(swap, old, new)

        answers = tf.map_fn(
            remember,
            tf.range(count),
            parallel_iterations=1,
            fn_output_signature=everything.dtype,
        )
        return replica_slice(answers, images)
