"""Images, pairs and masks from folders, tfds or a generator, as `tf.data`.

    from data_pipelines import open_data
    data = open_data("photos", image_size=64)
    for batch in data.train_batches(4, seed=1): ...

Importing this package is cheap, because only `open_data` loads TensorFlow.
"""

import importlib

_HOMES = {
    "ImageSet": "image_set",
    "Shard": "seeded_order",
    "open_data": "open_location",
}

__all__ = ["ImageSet", "Shard", "open_data"]


def __getattr__(name):
    if name in _HOMES:
        home = importlib.import_module(f"data_pipelines.{_HOMES[name]}")
        return getattr(home, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
