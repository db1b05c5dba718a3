"""Starting TensorFlow: without noise, and without taking a whole GPU."""

import contextlib
import os
import re
import sys
import tempfile

# TensorFlow prints these lines before a program can set a log level. They do
# not mean an error. 303 is CUDA's code for no driver, so there is no GPU.
_NOISE = re.compile(
    rb"I0000 |WARNING: All log messages before absl|.*cuInit.*\(303\)"
    rb"|.*Unable to register cu\w+ factory|\s*$"
)


def load_tensorflow():
    """Imports TensorFlow and finds its devices; only problems are printed.

    TensorFlow takes memory of GPUs only as it needs it. Otherwise the first
    process would take all memory, and an evaluation beside a training would
    have none. With the environment variable TF_FORCE_GPU_ALLOW_GROWTH=false, it
    takes all memory.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    with without_noise():
        import tensorflow as tf

        for device in tf.config.list_physical_devices("GPU"):
            # The program already uses its GPUs or has divided them. Its choice
            # stays.
            with contextlib.suppress(RuntimeError, ValueError):
                tf.config.experimental.set_memory_growth(device, True)


def gpu_name():
    """The name of the first GPU that TensorFlow sees, a str; None: no GPU."""
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    if not gpus:
        return None
    details = tf.config.experimental.get_device_details(gpus[0])
    return details.get("device_name", "GPU")


@contextlib.contextmanager
def without_noise():
    """Holds back what is written to stderr, and then prints it without noise.

    It also holds back the output of C++ code, which does not go through
    `sys.stderr`.
    """
    sys.stderr.flush()
    with tempfile.TemporaryFile() as held:
        real = os.dup(2)
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(real, 2)
            os.close(real)
            held.seek(0)
            for line in held:
                if not _NOISE.match(line):
                    os.write(2, line)
