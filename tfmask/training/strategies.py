"""Which devices train: tf.distribute strategies, and who writes."""

import json
import os

from tfmask.ops.errors import UserError


def is_chief(config):
    """Whether this process writes: the only one, or worker 0 of TF_CONFIG.

    Raises:
        UserError: TF_CONFIG is missing or damaged under `multiworker`.
    """
    if config.run.strategy != "multiworker":
        return True
    try:
        return json.loads(os.environ["TF_CONFIG"])["task"]["index"] == 0
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(
            "`--strategy multiworker` needs the environment variable "
            'TF_CONFIG, for example {"cluster": {"worker": ["host0:12345", '
            '"host1:12345"]}, "task": {"type": "worker", "index": 0}}. '
            f"Got: {os.environ.get('TF_CONFIG')!r}"
        ) from error


def check_devices(config, *, resume=False):
    """Raises a `UserError` for options of a run that do not go together."""
    if config.run.steps_per_call > 1 and config.run.jit_compile:
        raise UserError(
            "`run.jit_compile` and `run.steps_per_call` above 1 do not go "
            "together. Leave out --run.jit-compile or --run.steps-per-call."
        )
    if config.run.jit_compile and config.run.strategy != "none":
        raise UserError(
            "`run.jit_compile` compiles the step of a single device. Leave "
            f"out --strategy {config.run.strategy} or --run.jit-compile."
        )
    replicas = config.run.replicas
    if replicas and config.run.strategy != "mirrored" and not resume:
        raise UserError(
            f"`run.replicas` is {replicas}, but `run.strategy` is "
            f"{config.run.strategy}. Choose --strategy mirrored."
        )


def make_strategy(config):
    """The tf.distribute strategy of a config.

    Raises:
        UserError: there are fewer devices than `run.replicas`. CPUs count
            only where there is no GPU.
    """
    import tensorflow as tf

    kind, replicas = config.run.strategy, config.run.replicas
    if kind == "none":
        return tf.distribute.get_strategy()
    if kind == "multiworker":
        return tf.distribute.MultiWorkerMirroredStrategy()
    devices = tf.config.list_logical_devices("GPU")
    devices = devices or tf.config.list_logical_devices("CPU")
    count = replicas or len(devices)
    if count > len(devices):
        kind = devices[0].device_type
        found = f"{len(devices)} {kind}{'s' if len(devices) > 1 else ''}"
        others = "" if kind == "GPU" else " and no GPU"
        raise UserError(
            f"`run.replicas` is {count}, but TensorFlow sees {found}{others}. "
            f"Choose --run.replicas {len(devices)} or fewer."
        )
    return tf.distribute.MirroredStrategy(
        [device.name for device in devices[:count]]
    )
