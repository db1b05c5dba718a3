"""A method with new weights, and what its weights are."""

import dataclasses
import hashlib
from pathlib import Path
from typing import Any

from tfmask.configs import TrainConfig
from tfmask.methods import method_spec
from tfmask.ops.errors import UserError
from tfmask.training.optimizers import optimizer_factory


@dataclasses.dataclass(frozen=True)
class Origin:
    """Where a method comes from.

    Attributes:
        config: `TrainConfig`.
        strategy: the tf.distribute strategy of its variables.
        chosen: dict of group to dict of field to value. It holds the values
            that differ from the preset by choice. None: not known.
        run: path of the run folder of its weights, or None.
    """

    config: TrainConfig
    strategy: Any
    chosen: dict | None = None
    run: Path | None = None


def build_method(config, steps_an_epoch):
    """A compiled method with new weights; call it in the strategy's scope."""
    import keras
    import tensorflow as tf

    from tfmask.ops.precision import policy_name

    keras.mixed_precision.set_global_policy(policy_name(config.run.precision))
    keras.utils.set_random_seed(config.run.seed)
    method = method_spec(config.method_name).load_model()(
        config.method,
        image_size=config.data.height_width,
        epoch_steps=steps_an_epoch,
        seed=config.run.seed,
    )
    method.compile(optimizer_factory(config, steps_an_epoch, method.step))
    method.origin = Origin(config, tf.distribute.get_strategy())
    return method


def follow_config(method, config):
    """Gives a method that has not learnt yet other options of training.

    Args:
        method: `TranslationMethod`, compiled, at step 0.
        config: `TrainConfig` of the same networks.
    """
    method.config = config.method
    with method.origin.strategy.scope():
        factory = optimizer_factory(config, method.epoch_steps, method.step)
        method.compile(factory)
    method.origin = dataclasses.replace(method.origin, config=config)


def recompute(method, wanted):
    """Whether layers that can compute themselves again do so.

    Args:
        method: `TranslationMethod`.
        wanted: bool; the layers should do so.

    Raises:
        UserError: it is wanted, but no layer can do it.
    """
    from tfmask.ops.gradients import Recomputing

    layers = [
        layer
        for network in method.networks.values()
        for layer in network._flatten_layers()
        if isinstance(layer, Recomputing)
    ]
    if wanted and not layers:
        raise UserError(
            f"{type(method).__name__} has no ResNet generator, whose layers "
            "could be computed again. Leave out --run.recompute."
        )
    for layer in layers:
        layer.recompute = wanted


def weights_hash(method):
    """First 16 hex digits of the SHA-256 of all networks' weights."""
    digest = hashlib.sha256()
    for network in method.networks.values():
        for variable in network.weights:
            digest.update(variable.numpy().tobytes())
    return digest.hexdigest()[:16]


def use_averaged_weights(method):
    """Overwrites every player's variables by their running averages."""
    for player, optimizer in method.optimizers.items():
        optimizer.finalize_variable_values(method.owned_variables(player))
