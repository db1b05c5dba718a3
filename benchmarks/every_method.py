"""Step time, peak memory and parameters of every method, side by side.

    python benchmarks/train_step.py --all

Each method in a process of its own, one after the other, so that its peak is
its own: the networks of a preset, synthetic data as its own pipeline draws
them, a tf.function as `trainers` run it. Methods whose players learn in some
steps only are timed over whole periods of these; a step is their mean. `cpu_ms`
is what the processors worked for it, which other work on the machine hardly
changes.
"""

import argparse
import dataclasses
import json
import math
import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DATA = {"paired": "synthetic:paired", "attributes": "synthetic:attributes"}
COLUMNS = ("ms", "fastest_ms", "cpu_ms", "peak_mib", "trained", "networks")


def measure(name, options):
    """dict of one method's numbers, by `COLUMNS`."""
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(options["threads"])
    tf.config.threading.set_inter_op_parallelism_threads(options["threads"])
    from tfmask.methods import method_spec, preset_config
    from tfmask.training.loop import distributed_batches
    from tfmask.training.run_folder import (
        build_method,
        following,
        open_training_data,
    )

    location = DATA.get(method_spec(name).data, "synthetic")
    config = preset_config(name, options["preset"], location)
    config = dataclasses.replace(
        config,
        data=dataclasses.replace(
            config.data,
            image_size=options["image_size"],
            load_size=None,
            synthetic_count=8,
            epoch_steps=1000,
            masks_for_training=None,
        ),
        run=dataclasses.replace(
            config.run, batch_size=options["batch_size"], replicas=None
        ),
    )
    if hasattr(config.method, "levels"):
        # A U-Net goes down to one pixel.
        most = int(math.log2(options["image_size"]))
        levels = min(config.method.levels, most)
        method = dataclasses.replace(config.method, levels=levels)
        config = dataclasses.replace(config, method=method)
    data = open_training_data(config)
    config = following(config, data)
    method = build_method(config, 1000)
    strategy = tf.distribute.get_strategy()
    batch = next(iter(distributed_batches(data, strategy, config, 0)))

    @tf.function(reduce_retracing=True)
    def step(batch):
        method.distributed_step(strategy, batch)

    period = math.lcm(*(player.every for player in method.players.values()))
    walls, works = [], []
    for _ in range(options["warm_up"] + options["periods"]):
        start, worked = time.perf_counter(), time.process_time()
        for _ in range(period):
            step(batch)
        walls.append((time.perf_counter() - start) / period * 1000)
        works.append((time.process_time() - worked) / period * 1000)
    walls, works = (kind[options["warm_up"] :] for kind in (walls, works))
    networks = {
        id(variable): math.prod(variable.shape)
        for network in method.networks.values()
        for variable in network.trainable_variables
    }
    return {
        "ms": statistics.median(walls),
        "fastest_ms": min(walls),
        "cpu_ms": statistics.median(works),
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "trained": sum(networks.values()),
        "networks": len(method.networks),
    }


def in_own_process(name, options):
    """`measure` in a fresh process; None if it fails, whose words are shown."""
    done = subprocess.run(
        [sys.executable, __file__, "--one", name, json.dumps(options)],
        stdout=subprocess.PIPE,
        text=True,
        env={
            **os.environ,
            "OMP_NUM_THREADS": str(options["threads"]),
            "TF_CPP_MIN_LOG_LEVEL": "2",
            "CUDA_VISIBLE_DEVICES": "-1",
        },
    )
    return json.loads(done.stdout) if done.returncode == 0 else None


def measure_all(names, options):
    """dict of name to its numbers; says each as it comes."""
    print(f"{'method':18}" + "".join(f"{name:>14}" for name in COLUMNS))
    found = {}
    for name in names:
        found[name] = in_own_process(name, options)
        cells = ["failed"]
        if found[name]:
            cells = [f"{round(found[name][column]):,}" for column in COLUMNS]
        print(f"{name:18}" + "".join(f"{cell:>14}" for cell in cells))
        sys.stdout.flush()
    return found


def main(argv=None):
    """Measures all methods, or those that are named."""
    sys.path.insert(0, str(ROOT))
    from tfmask.methods import NAMES

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--methods", nargs="+", choices=NAMES, default=NAMES)
    parser.add_argument("--preset", choices=("paper", "quick"), default="paper")
    parser.add_argument("--image-size", type=int, default=128)
    parser.add_argument("--batch-size", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--periods", type=int, default=3)
    parser.add_argument("--warm-up", type=int, default=1)
    parser.add_argument("--json", type=Path)
    given = vars(parser.parse_args(argv))
    one, names, file = (given.pop(n) for n in ("one", "methods", "json"))
    if one:
        print(json.dumps(measure(one[0], json.loads(one[1]))))
        return 0
    found = measure_all(names, given)
    if file:
        file.write_text(json.dumps({**given, "methods": found}, indent=2))
    return 0 if all(found.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
