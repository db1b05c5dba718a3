"""The device on which a benchmark computes: its name, its clock, its memory.

This is the first GPU that TensorFlow or PyTorch sees, else the CPU. With the
environment variable `CUDA_VISIBLE_DEVICES=-1` it is the CPU, also on a machine
with a GPU. Nothing here has run on a GPU.
"""

import dataclasses
import resource
import time
from collections.abc import Callable


def _nothing():
    """A CPU has done its work when a call returns."""


def peak_of_process():
    """MiB, the most memory that this process had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@dataclasses.dataclass(frozen=True)
class Device:
    """A CPU or a GPU.

    Attributes:
        name: str, "CPU" or the name of the GPU.
        synchronize: function that waits until the device has done its work.
        peak_mib: function that returns the MiB of memory that the program had
            at most: of the GPU, or the whole process on a CPU.
    """

    name: str = "CPU"
    synchronize: Callable = _nothing
    peak_mib: Callable = peak_of_process

    @property
    def work_clock(self):
        """The clock of work on one thread, a function that returns seconds.

        On a CPU it counts the time of the processor, because other work on the
        machine changes it little. A GPU works while the processor waits.
        """
        return time.process_time if self.name == "CPU" else time.perf_counter

    def seconds(self, clock, function, *args):
        """Time of a call, until the device has done its work."""
        start = clock()
        function(*args)
        self.synchronize()
        return clock() - start


def start_tensorflow(threads):
    """Starts TensorFlow. Call it before TensorFlow does anything.

    Args:
        threads: int, number of threads on the CPU.

    Returns:
        `Device`.
    """
    from tfmask.ops.start import gpu_name, load_tensorflow

    load_tensorflow()
    import tensorflow as tf

    set_threads(threads)
    name = gpu_name()
    if not name:
        return Device()

    def peak_mib():
        return tf.config.experimental.get_memory_info("GPU:0")["peak"] / 2**20

    return Device(name, tf.test.experimental.sync_devices, peak_mib)


def set_threads(count):
    """Sets TensorFlow's threads on the CPU."""
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(count)
    tf.config.threading.set_inter_op_parallelism_threads(count)


def start_pytorch(threads):
    """Starts PyTorch: what it makes from now on is on its device.

    TensorFlow computes products in TensorFloat-32 on GPUs that have it. So
    PyTorch does it, too.

    Args:
        threads: int, number of threads on the CPU.

    Returns:
        `Device`.
    """
    import torch

    torch.set_num_threads(threads)
    if not torch.cuda.is_available():
        return Device()
    torch.set_default_device("cuda")
    torch.set_float32_matmul_precision("high")
    torch.backends.cudnn.allow_tf32 = True
    torch.backends.cudnn.benchmark = True

    def peak_mib():
        return torch.cuda.max_memory_allocated() / 2**20

    name = torch.cuda.get_device_name()
    return Device(name, torch.cuda.synchronize, peak_mib)
