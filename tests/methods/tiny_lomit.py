"""LOMIT of tiny networks, and batches with attributes."""

import keras
import numpy as np
import tensorflow as tf

from tfmask.methods.lomit.config import LOMITConfig
from tfmask.methods.lomit.method import LOMIT

SIDE = 32
TINY = {
    "attributes": ("red", "blue"),
    "filters": 2,
    "blocks": 1,
    "style_size": 4,
    "style_hidden": 8,
    "mask_layers": 2,
    "discriminator_filters": 2,
    "discriminator_layers": 3,
}


def slow(player=None):
    """SGD whose steps stay finite on random images."""
    return keras.optimizers.SGD(1e-4)


def lomit(*, optimizer=slow, compiled=True, **options):
    """`LOMIT` with slow SGD and masks that differ from image to image."""
    method = LOMIT(
        LOMITConfig(**{**TINY, **options}), image_size=(SIDE, SIDE), seed=3
    )
    if compiled:
        method.compile(optimizer)
    return method


def pairs(seed=0, count=2):
    """Random images in [-1, 1] with attributes that differ."""
    rng = np.random.default_rng(seed)
    shape = (count, SIDE, SIDE, 3)
    labels = rng.integers(0, 2, (count, 2)).astype("float32")
    return {
        domain: {
            "image": tf.constant(rng.uniform(-1, 1, shape).astype("float32")),
            "attributes": tf.constant(labels if domain == "a" else 1 - labels),
        }
        for domain in ("a", "b")
    }


def inputs_of(batch):
    return {"image": batch["a"]["image"], "exemplar": batch["b"]["image"]}
