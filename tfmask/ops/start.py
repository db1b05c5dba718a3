"""Starting TensorFlow: without noise, and without taking a whole GPU."""

import contextlib
import os
import re
import sys
import tempfile

# Printed before a program can set a log level: nothing is wrong in them. 303
# is CUDA's way to say that there is no driver, so no GPU.
_NOISE = re.compile(
    rb"I0000 |WARNING: All log messages before absl|.*cuInit.*\(303\)"
    rb"|.*Unable to register cu\w+ factory|\s*$"
)


def load_tensorflow():
    """Imports TensorFlow and finds its devices; only problems are printed.

    GPUs get memory as it is needed: otherwise the first process takes all of
    it, and an evaluation beside a training has none. The environment variable
    TF_FORCE_GPU_ALLOW_GROWTH=false takes all of it.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    with without_noise():
        import tensorflow as tf

        for device in tf.config.list_physical_devices("GPU"):
            # A program that runs or has divided its GPUs has decided itself.
            with contextlib.suppress(RuntimeError, ValueError):
                tf.config.experimental.set_memory_growth(device, True)


@contextlib.contextmanager
def without_noise():
    """Holds back what is written to stderr, and then prints it without noise.

    Also what C++ code writes, which goes past `sys.stderr`.
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
