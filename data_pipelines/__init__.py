"""Images and masks from folders, tfds or a generator, as `tf.data`.

    from data_pipelines import open_data
    data = open_data("photos", image_size=64)
    for batch in data.train_batches(4, seed=1): ...

Importing this package is cheap: TensorFlow is loaded by `open_data`.
"""

__all__ = ["Shard", "UnpairedData", "open_data"]


def __getattr__(name):
    if name in __all__:
        from data_pipelines import opening, unpaired

        return getattr(opening if name == "open_data" else unpaired, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
