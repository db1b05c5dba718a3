"""Step time, peak memory and parameters of every method, side by side.

    python benchmarks/train_step.py --all

Each method in a process of its own, one after the other, so that its peak is
its own: the networks of a preset (those of `quick` where a method has no such
preset), synthetic data as its own pipeline draws them, a tf.function as
training runs it. Methods whose players learn in some steps only are timed over
whole periods of these; a step is their mean. `cpu_ms` is what the processors
worked for it, which other work on the machine hardly changes.

With `--json FILE` every row is in the file as soon as it stands on the screen;
`--resume` takes the rows that are there and measures the others.
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
    """dict of one method's numbers, by `COLUMNS`, and their `preset`."""
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(options["threads"])
    tf.config.threading.set_inter_op_parallelism_threads(options["threads"])
    from tfmask.methods import method_spec, preset_config
    from tfmask.training.building import build_method
    from tfmask.training.loop import distributed_batches
    from tfmask.training.training_data import following, open_training_data

    spec = method_spec(name)
    location = DATA.get(spec.data, "synthetic")
    # What has no paper has no such preset.
    preset = (
        options["preset"] if options["preset"] in spec.preset_names else "quick"
    )
    config = preset_config(name, preset, location)
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
        "preset": preset,
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


def measure_all(names, options, done, keep):
    """dict of name to its numbers; says each as it comes.

    Args:
        names: of methods.
        options: of `measure`.
        done: dict of rows that need not be measured.
        keep: called with all rows after each new one.
    """
    print(f"{'method':18}" + "".join(f"{name:>14}" for name in COLUMNS))
    found = dict(done)
    missing = [name for name in names if not found.get(name)]
    start = time.monotonic()
    for name in names:
        if name in missing:
            found[name] = in_own_process(name, options)
            keep(found)
        cells, title = ["failed"], name
        if row := found[name]:
            cells = [f"{round(row[column]):,}" for column in COLUMNS]
            if row["preset"] != options["preset"]:
                title += f" ({row['preset']})"
        print(f"{title:18}" + "".join(f"{cell:>14}" for cell in cells))
        sys.stdout.flush()
        if name in missing:
            count = missing.index(name) + 1
            print(
                progress(count, len(missing), time.monotonic() - start),
                file=sys.stderr,
            )
    return found


def progress(count, total, seconds):
    """How far it is, and what is left if the others take as long."""
    left = seconds / count * (total - count)
    return (
        f"{count} of {total} in {seconds / 60:.0f} min, "
        f"about {left / 60:.0f} min left"
    )


def rows_of(file, options):
    """The rows of an earlier run; exits where it had other options."""
    try:
        earlier = json.loads(file.read_text())
        rows = earlier.pop("methods")
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, TypeError, AttributeError):
        raise SystemExit(f"{file} was not written by this command.") from None
    if earlier != options:
        raise SystemExit(
            f"{file} has rows of other options: {earlier}, not {options}. "
            "Name another file, or give the same options."
        )
    return rows


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
    parser.add_argument("--resume", action="store_true")
    given = vars(parser.parse_args(argv))
    one, names, file, resume = (
        given.pop(name) for name in ("one", "methods", "json", "resume")
    )
    if one:
        print(json.dumps(measure(one[0], json.loads(one[1]))))
        return 0
    from tfmask.ops.files import write_json

    if resume and not file:
        parser.error("--resume goes on with the rows of a file: --json FILE")

    def keep(found):
        if file:
            write_json(file, {**given, "methods": found})

    done = rows_of(file, given) if resume else {}
    found = measure_all(names, given, done, keep)
    return 0 if all(found[name] for name in names) else 1


if __name__ == "__main__":
    sys.exit(main())
