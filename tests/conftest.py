"""Two logical CPU devices, fixed seeds and no network for every test."""

import gc
import os
import socket

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
# Each core has a test process. More threads of OpenMP would only wait.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest


@pytest.fixture(scope="session")
def two_devices():
    """Names of two logical CPU devices, for strategies in one process."""
    import tensorflow as tf

    return [device.name for device in tf.config.list_logical_devices("CPU")]


@pytest.fixture(scope="session")
def two_replicas(two_devices):
    """The one MirroredStrategy of the process that runs collectives.

    TensorFlow numbers the collectives of every strategy from the same start
    and remembers their shapes. So a second strategy would not work.
    """
    import tensorflow as tf

    return tf.distribute.MirroredStrategy(two_devices)


def pytest_configure(config):
    """Splits the CPU before anything has started TensorFlow's runtime."""
    if config.getoption("numprocesses", None) and not hasattr(
        config, "workerinput"
    ):
        return  # this process gives the tests to others

    import tensorflow as tf

    tf.config.set_logical_device_configuration(
        tf.config.list_physical_devices("CPU")[0],
        [tf.config.LogicalDeviceConfiguration()] * 2,
    )
    tf.config.threading.set_intra_op_parallelism_threads(1)
    # The heap of a test process only grows. A less frequent garbage collection
    # saves time.
    gc.set_threshold(50_000, 20, 50)
    # To optimise a graph takes longer than to run these tiny graphs. Processes
    # that a test starts still optimise their graphs.
    tf.config.optimizer.set_experimental_options(
        {"disable_meta_optimizer": True}
    )


# The tests of these folders run on both stacks, because Keras 2 and 3 can
# differ there.
BOTH_STACKS = {"layers", "losses", "networks", "ops"}


def pytest_collection_modifyitems(items):
    """Marks the tests of these folders; other files say so themselves."""
    for item in items:
        if item.path.parent.name in BOTH_STACKS:
            item.add_marker(pytest.mark.both_stacks)


@pytest.fixture(autouse=True)
def fixed_seeds():
    """The same initial weights in every run of a test."""
    import keras

    keras.utils.set_random_seed(1)


@pytest.fixture
def zero_weights(monkeypatch):
    """New weights are zeros, for tests that only count them.

    Random numbers for full-size networks take most of such a test's time.
    """
    import keras
    import tensorflow as tf

    def zeros(self, shape, dtype=None, **_):
        return tf.zeros(shape, dtype or "float32")

    initializers = vars(keras.initializers).values()
    for kind in {k for k in initializers if isinstance(k, type)}:
        monkeypatch.setattr(kind, "__call__", zeros)


@pytest.fixture
def float64():
    """Layers and networks of the test have float64."""
    from precisions import policy

    with policy("float64"):
        yield


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    """Fails a test that connects to anything but this machine."""
    connect = socket.socket.connect

    def loopback_only(self, address):
        local = isinstance(address, str) or address[0] in {
            "127.0.0.1",
            "localhost",
            "::1",
        }
        if not local:
            raise OSError(f"A test tried to connect to {address}.")
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", loopback_only)
