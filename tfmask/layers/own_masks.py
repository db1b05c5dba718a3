"""The masks that a method has made of its training images."""

import numpy as np
import tensorflow as tf


class OwnMasks(tf.Module):
    """One binary mask for each image of a data set.

    `of_middle` is 1 if the masks are of the middle of the images.

    Args:
        count: int, images.
        size: (h, w) of the masks.
        name: str.
    """

    def __init__(self, count, size, *, name):
        super().__init__(name=name)
        self.count = count
        self.size = tuple(size)
        # Each pixel is one byte, because the masks go into every checkpoint.
        self.masks = tf.Variable(
            tf.zeros([count, *size], tf.uint8), trainable=False, name="masks"
        )
        self.of_middle = tf.Variable(0.0, trainable=False, name="of_middle")

    def __str__(self):
        size = "x".join(map(str, self.size))
        mib = np.prod([self.count, *self.size]) / 2**20
        return f"{self.count} masks of {size}, {mib:.1f} MiB"

    def read(self, index, image_size):
        """The masks of images.

        Args:
            index: (B,) integer, below `count`.
            image_size: (H, W).

        Returns:
            (B, H, W, 1) float32 in [0, 1], resized bilinearly.
        """
        masks = tf.gather(self.masks, tf.cast(index, tf.int64))[..., None]
        masks = tf.cast(masks, tf.float32)
        return tf.image.resize(masks, image_size, "bilinear")

    def write(self, masks, *, of_middle=False):
        """Replaces all of them.

        Args:
            masks: (N, h, w) bool array, in the order of the images.
            of_middle: bool.
        """
        self.masks.assign(masks.astype(np.uint8))
        self.of_middle.assign(float(of_middle))
