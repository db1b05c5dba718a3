"""From the `normalization` option of a network to a layer."""

import importlib

import keras

from tfmask.layers.instance_norm import InstanceNormalization
from tfmask.layers.layer_norm import LayerNormalization
from tfmask.ops.errors import UserError, unknown_name


def addons_member(module, name):
    """`tensorflow_addons.<module>.<name>`, with errors that help.

    Args:
        module: "layers" or "optimizers".
        name: str, the class.

    Raises:
        UserError: tensorflow-addons is missing, or has no such class.
    """
    try:
        members = importlib.import_module(f"tensorflow_addons.{module}")
    except ImportError as error:
        raise UserError(
            f"`addons:{name}` needs tensorflow-addons, which ended in 2024 "
            'and runs on TensorFlow 2.15: pip install "tfmask[addons]" on '
            f"Python 3.11 ({error})."
        ) from error
    if not hasattr(members, name):
        known = [member for member in dir(members) if member[0].isupper()]
        raise unknown_name(f"tensorflow_addons.{module} class", name, known)
    return getattr(members, name)


def normalization_layer(normalization, **instance_arguments):
    """A new normalisation layer.

    Args:
        normalization: "instance", "layer", "none", "addons:LAYER" or a callable
            without arguments that returns a Keras layer. A layer must treat
            every example by itself: the networks are called on batches that
            mix real and translated images.
        **instance_arguments: arguments of `InstanceNormalization`; the
            others have their own defaults.

    Returns:
        `keras.layers.Layer`; an identity for "none".

    Raises:
        UserError: the name is unknown or its package is missing.
    """
    if callable(normalization):
        return normalization()
    if normalization == "instance":
        return InstanceNormalization(**instance_arguments)
    if normalization == "layer":
        return LayerNormalization()
    if normalization == "none":
        return keras.layers.Activation("linear")
    kind, _, name = normalization.partition(":")
    if kind == "addons":
        return addons_member("layers", name)()
    raise unknown_name(
        "normalization",
        normalization,
        ["instance", "layer", "none", "addons:LAYER"],
    )
