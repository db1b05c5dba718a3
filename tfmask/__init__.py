"""Local image-to-image translation with the mask that says what changed.

Importing this package is cheap: TensorFlow is loaded only by the submodules
that compute (`tfmask.layers`, `tfmask.methods`, `tfmask.metrics`, ...).
"""

__version__ = "0.1.0"
