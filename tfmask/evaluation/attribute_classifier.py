"""A small network that tells which attributes an image has.

It judges translations. It learns from the true attributes of training images.
It knows nothing about the method and its discriminator.
"""

import keras
import numpy as np
import tensorflow as tf

from tfmask.evaluation.classifier_networks import small_layers
from tfmask.ops.arrays import image_to_uint8

SIDE = 64  # larger images are shrunk
STEPS = 600
# At this mean cross-entropy of an epoch, nothing is left to learn.
ENOUGH = 0.005
_BATCH = 64
_SEED = 0


class AttributeClassifier:
    """Which attributes an image has.

    Args:
        attributes: int, how many attributes, K.
    """

    def __init__(self, attributes):
        keras.utils.set_random_seed(_SEED)
        self._network = keras.Sequential(
            [
                keras.layers.RandomFlip(
                    "horizontal", seed=_SEED, dtype="float32"
                ),
                *small_layers(attributes, _SEED),
            ]
        )
        rates = keras.optimizers.schedules.CosineDecay(2e-3, STEPS)
        self._network.compile(
            keras.optimizers.Adam(rates),
            keras.losses.BinaryCrossentropy(from_logits=True),
        )

    def train(self, batches):
        """Learns from true attributes.

        Args:
            batches: iterable of dicts with `image` (B, H, W, 3) float in
                [-1, 1] and `attributes` (B, K) float 0/1, all of one size.
                They stay in memory, in 8 bits.
        """
        examples = [(_pixels(b["image"]), b["attributes"]) for b in batches]
        pixels, attributes = map(np.concatenate, zip(*examples, strict=True))
        steps = -(-len(pixels) // _BATCH)
        self._network.fit(
            pixels,
            attributes,
            batch_size=_BATCH,
            epochs=-(-STEPS // steps),
            callbacks=[_Enough()],
            verbose=0,
        )

    def seen_in(self, images):
        """Which attributes images have.

        Args:
            images: (B, H, W, 3) float in [-1, 1], in the size of the training.

        Returns:
            (B, K) bool.
        """
        return self._network(_pixels(images), training=False).numpy() > 0.0


class _Enough(keras.callbacks.Callback):
    """Ends a training that has nothing left to learn."""

    def on_epoch_end(self, epoch, logs=None):
        self.model.stop_training = logs["loss"] < ENOUGH


def _pixels(images):
    """(B, H, W, 3) uint8, as of a file; a side over `SIDE` becomes `SIDE`."""
    sides = tuple(min(side, SIDE) for side in images.shape[1:3])
    if sides != tuple(images.shape[1:3]):
        images = tf.image.resize(images, sides, "area").numpy()
    return image_to_uint8(images)
