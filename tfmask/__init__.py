"""Local image-to-image translation, with a mask that shows what changed.

    data = tfmask.open_data("photos", image_size=64)
    model = tfmask.from_preset("attention_guided", "quick", data)
    tfmask.train(model, data, run="runs/first", steps=2000)
    model.translate_images("apple.jpg").mask

docs/python.md shows all functions. Importing this package does not load
TensorFlow. The functions load it when you call them.
"""

import importlib

__version__ = "0.1.0"

_API = ("evaluate", "from_preset", "load_run", "open_data", "train")
__all__ = [*_API, "export"]


def __getattr__(name):
    if name in _API:
        return getattr(importlib.import_module("tfmask.api"), name)
    if name == "export":  # a package, which can be called
        return importlib.import_module("tfmask.export")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted({*globals(), *__all__} - {"importlib", "_API"})
