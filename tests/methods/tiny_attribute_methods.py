"""Tiny methods that set attributes, and their batches."""

import keras
import numpy as np
import tensorflow as tf

from tfmask.methods import method_spec

SIDE = 16
ATTRIBUTES = ("cap", "stripe", "base")
UNET = {
    "layers": 2,
    "discriminator_layers": 3,
    "discriminator_units": 6,
    "batch_norm_momentum": 0.5,
}
OPTIONS = {
    "stargan": {"blocks": 1, "discriminator_layers": 3},
    "attgan": UNET,
    "stgan": {**UNET, "shortcut_layers": 1, "inject_layers": 1},
}
HOSTS = tuple(OPTIONS)


def edit_batch(seed=0, count=2, side=SIDE):
    """Random images with attributes; both domains are the same."""
    rng = np.random.default_rng(seed)
    domain = {
        "image": tf.constant(
            rng.uniform(-1, 1, (count, side, side, 3)).astype("float32")
        ),
        "attributes": tf.constant(
            rng.integers(0, 2, (count, len(ATTRIBUTES))).astype("float32")
        ),
    }
    return {"a": domain, "b": domain}


def edit_method(name, *, rate=0.01, compiled=True, **options):
    """A method by its name in `tfmask.methods.NAMES`, with plain SGD."""
    options = {
        "filters": 4,
        "discriminator_filters": 4,
        "attributes": ATTRIBUTES,
        **OPTIONS[name.removeprefix("cam_")],
        **options,
    }
    spec = method_spec(name)
    method = spec.load_model()(spec.config(**options), image_size=(SIDE, SIDE))
    if compiled:
        method.compile(lambda player: keras.optimizers.SGD(rate))
    return method


def give_weights(source, target):
    """Copies all weights of a method to another one."""
    for name, network in source.networks.items():
        target.networks[name].set_weights(network.get_weights())
