"""Methods of tiny networks for tests of exports."""

import dataclasses

import numpy as np

from tfmask.methods import METHODS
from tfmask.presets import preset_config

TINY = {
    "filters": 4,
    "blocks": 1,
    "discriminator_filters": 4,
    "discriminator_layers": 1,
}
EXTRA = {
    "attention_guided": {"attention_filters": 4},
    # Random weights without normalisation would magnify rounding.
    "instagan": {"normalization": "instance"},
}


def tiny_method(name):
    """A method of tiny networks, with weights that change an image."""
    config = preset_config(name, "quick", "synthetic").method
    config = dataclasses.replace(config, **TINY, **EXTRA.get(name, {}))
    method = METHODS[name](config, image_size=(16, 16))
    random = np.random.default_rng(5)
    for network in method.networks.values():
        for weight in network.trainable_weights:
            values = random.normal(0, 0.3, weight.shape)
            weight.assign(values.astype("float32"))
    return method
