"""From the `normalization` option of a network to a layer."""

import importlib

import keras

from tfmask.layers.batch_norm import BatchNormalization
from tfmask.layers.instance_norm import InstanceNormalization
from tfmask.layers.layer_norm import LayerNormalization
from tfmask.layers.modulation import AdaptiveNormalization
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


def normalization_layer(
    normalization, *, batch=False, adaptive=False, **instance_arguments
):
    """A new normalisation layer.

    Args:
        normalization: "instance", "layer", "none", "addons:LAYER" or a callable
            without arguments that returns a Keras layer. A layer must treat
            every example by itself, because the networks are called on batches
            that mix real and translated images.
        batch: bool; also allows "batch". It is for networks that call their
            layers with `normalized`.
        adaptive: bool; also allows "adain" and "adalin". It is for layers that
            pass a scale and an offset.
        **instance_arguments: arguments of `InstanceNormalization`. Batch
            normalisation takes only `gamma_stddev`. Other layers take none.

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
    if normalization == "batch" and batch:
        return BatchNormalization(
            gamma_stddev=instance_arguments.get("gamma_stddev", 0.0)
        )
    if normalization in ("adain", "adalin") and adaptive:
        return AdaptiveNormalization(linear=normalization == "adalin")
    if normalization == "none":
        return keras.layers.Activation("linear")
    kind, _, name = normalization.partition(":")
    if kind == "addons":
        return addons_member("layers", name)()
    raise unknown_name(
        "normalization",
        normalization,
        ["instance", "layer", "none", "addons:LAYER"]
        + ["batch"] * batch
        + ["adain", "adalin"] * adaptive,
    )


def normalized(layer, inputs, parts=1):
    """A batch after a normalisation layer.

    Args:
        layer: a layer of `normalization_layer(..., batch=True)`.
        inputs: (parts * B, H, W, C) float.
        parts: int or scalar tensor, batches one after another in `inputs`.
            Batch normalisation takes the statistics of each part by itself,
            over all replicas. Other layers take the statistics of every
            example.

    Returns:
        (parts * B, H, W, C) of the inputs' dtype.
    """
    if isinstance(layer, BatchNormalization):
        return layer(inputs, parts=parts, mode="batch")
    return layer(inputs)
