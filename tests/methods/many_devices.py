"""Every method on several devices next to one device, in this process.

    python tests/methods/many_devices.py DEVICES [METHOD ...]

The devices are logical CPUs. With TF_CONFIG this is one of several workers of
one device each. Says the name of each method that is equal.
"""

import os
import sys
from pathlib import Path

import tensorflow as tf

TESTS = Path(__file__).parents[1]


def main(devices, names):
    tf.config.set_logical_device_configuration(
        tf.config.list_physical_devices("CPU")[0],
        [tf.config.LogicalDeviceConfiguration()] * devices,
    )
    tf.config.threading.set_intra_op_parallelism_threads(1)
    # As in tests/conftest.py: rewriting takes longer than running.
    tf.config.optimizer.set_experimental_options(
        {"disable_meta_optimizer": True}
    )
    # Before anything else runs, as several workers need it.
    if os.environ.get("TF_CONFIG"):
        strategy = tf.distribute.MultiWorkerMirroredStrategy()
        assert strategy.num_replicas_in_sync > 1
    else:
        strategy = tf.distribute.MirroredStrategy(
            [f"CPU:{number}" for number in range(devices)]
        )
        assert strategy.num_replicas_in_sync == devices
    # What pytest does for test files.
    sys.path[:0] = [str(TESTS / name) for name in ("", "methods", "trainers")]
    import test_contract as contract

    for name in names or contract.NAMES:
        images = 2 if name in contract.HALVED else 1
        count = images * strategy.num_replicas_in_sync
        config, data = contract.tiny_run(name, max(count, 4))
        batches = contract.first_batches(data, config)
        contract.assert_replicas_equal_one_device(
            strategy, name, config, batches
        )
        print(name, flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
