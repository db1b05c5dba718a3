"""A method with new weights, and what its weights are."""

import hashlib

from tfmask.methods import method_spec
from tfmask.training.optimizers import optimizer_factory


def build_method(config, steps_an_epoch):
    """A compiled method with new weights; call it in the strategy's scope."""
    import keras

    keras.mixed_precision.set_global_policy(
        "mixed_bfloat16" if config.run.precision == "bfloat16" else "float32"
    )
    keras.utils.set_random_seed(config.run.seed)
    method = method_spec(config.method_name).load_model()(
        config.method,
        image_size=config.data.height_width,
        epoch_steps=steps_an_epoch,
        seed=config.run.seed,
    )
    method.compile(optimizer_factory(config, steps_an_epoch, method.step))
    return method


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
