"""Which devices train: tf.distribute strategies, and who writes."""

import contextlib
import json
import os
import re

from tfmask.ops.errors import UserError

# After so many seconds, the others have noticed that a worker does not answer.
# TensorFlow asks each worker every 30 s and gives it three times 10 s. A broken
# connection ends the step at once.
NOTICED_WITHIN = 60
_TASK = re.compile(r"/job:worker/replica:0/task:(\d+)")


def is_chief(config):
    """Whether this process writes: the only one, or worker 0 of TF_CONFIG.

    Raises:
        UserError: the strategy is `multiworker`, and TF_CONFIG is missing or
            damaged.
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
    if config.run.jit_compile and config.run.recompute:
        raise UserError(
            "`run.recompute` saves no memory with `run.jit_compile`. Leave "
            "out --run.recompute or --run.jit-compile."
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
        UserError: there are fewer devices than `run.replicas`. CPUs count only
            if there is no GPU.
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
        available = f"{len(devices)} {kind}{'s' if len(devices) > 1 else ''}"
        others = "" if kind == "GPU" else " and no GPU"
        raise UserError(
            f"`run.replicas` is {count}, but TensorFlow sees "
            f"{available}{others}. Choose --run.replicas {len(devices)} or "
            "fewer."
        )
    return tf.distribute.MirroredStrategy(
        [device.name for device in devices[:count]]
    )


@contextlib.contextmanager
def lost_workers_named(config, run):
    """Says in a line that another worker is gone, while the block runs.

    Args:
        config: `TrainConfig`.
        run: path of the run folder, for the message.

    Raises:
        UserError: another worker made a collective operation end.
    """
    if config.run.strategy != "multiworker":
        yield
        return
    import tensorflow as tf

    try:
        yield
    except (
        tf.errors.UnavailableError,
        tf.errors.FailedPreconditionError,
        tf.errors.DeadlineExceededError,
        tf.errors.AbortedError,
        tf.errors.CancelledError,
    ) as error:
        cluster = json.loads(os.environ["TF_CONFIG"])
        own, hosts = cluster["task"]["index"], cluster["cluster"]["worker"]
        tasks = _TASK.findall(error.message)
        others = [int(task) for task in tasks if int(task) != own]
        who = "Another worker"
        if others and others[0] < len(hosts):
            who = f"Worker {others[0]} ({hosts[others[0]]})"
        lines = [
            line.strip()
            for line in error.message.splitlines()
            if "aborted by" in line or "is down" in line
        ]
        reason = (lines or error.message.strip().splitlines() or [""])[-1]
        raise UserError(
            f"{who} is gone, so worker {own} stops. See the end of that "
            "worker's own output for why, then start all of them again with "
            f"--resume: the run goes on from the newest checkpoint in `{run}`. "
            f"TensorFlow: {reason[:200]}"
        ) from error
