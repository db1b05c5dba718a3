"""The lines that a training prints before its first step."""

import shutil

import tensorflow as tf

from tfmask.ops.start import gpu_name
from tfmask.training.checkpoints import state_variables

MIB = 2**20


def training_summary(method, config, strategy, run):
    """Lines about the images, the devices, the weights and the disk.

    Args:
        method: built `TranslationMethod`.
        config: `TrainConfig`.
        strategy: tf.distribute strategy.
        run: path of the run folder. It must exist.

    Returns:
        list of str.
    """
    height, width = method.image_size
    weights = {
        id(variable): variable
        for network in method.networks.values()
        for variable in network.trainable_variables
    }
    count = sum(variable.shape.num_elements() for variable in weights.values())
    # Every array of a checkpoint is stored without compression.
    size = sum(
        variable.shape.num_elements() * tf.as_dtype(variable.dtype).size
        for variable in state_variables(method).values()
    )
    keep = config.run.keep_checkpoints
    free = shutil.disk_usage(run).free
    lines = [
        f"images {height} x {width} (height x width), mask: "
        f"{method.spec.mask_kind}",
        f"on {devices(strategy)}, {config.run.precision}"
        + (", XLA" if config.run.jit_compile else ""),
        f"{count:,} weights learn, a checkpoint takes {_size(size)}, "
        f"{_size(free)} are free; the newest {keep} checkpoints stay",
    ]
    if free < (keep + 1) * size:
        lines.append(
            f"warning: there is no room for {keep + 1} checkpoints; free some, "
            "or give a smaller --run.keep-checkpoints"
        )
    return lines


def devices(strategy):
    """The devices that learn, in words."""
    count, name = strategy.num_replicas_in_sync, gpu_name()
    if name:
        gpus = tf.config.list_physical_devices("GPU")
        return f"{count} of {len(gpus)} GPUs ({name})"
    threads = tf.config.threading.get_intra_op_parallelism_threads()
    text = "CPU" if count == 1 else f"{count} replicas on the CPU"
    return f"{text}, {threads} threads" if threads else text


def _size(count):
    if count < 1024 * MIB:
        return f"{count / MIB:,.0f} MiB"
    return f"{count / (1024 * MIB):,.1f} GiB"
