"""Computes how many bytes devices exchange in a step, and how this scales.

    python benchmarks/all_reduce.py --output-table bytes
    python benchmarks/all_reduce.py --output-table scaling --methods cyclegan

It runs nothing on several devices. It counts bytes from the variables of each
method's preset, and from the steps in which the players learn. The times follow
from a model:

* An all-reduce of S bytes over N devices sends 2 (N - 1) / N x S bytes through
  every link, at the stated speed, without latency. A ring does this.
* No device computes meanwhile. TensorFlow and NCCL overlap some of the work, so
  the real times are better.
* The time of the computation does not depend on the number of devices. Each
  device keeps its own batch size, so the global batch grows.

The float32 gradients of each update count, and the translations that history
pools exchange. With more devices there are more translations. The means of
batch normalisation and of terms do not count: they are a few kilobytes.
"""

import argparse
import dataclasses
import math
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DATA = {"paired": "synthetic:paired", "attributes": "synthetic:attributes"}
DEVICES = (1, 2, 4, 8, 16, 32, 64)
# GB/s of one link in one direction, from the makers' data sheets.
LINKS = {
    "NVLink 4": 450.0,
    "PCIe 4.0 x16": 32.0,
    "100 Gb/s": 12.5,
    "25 Gb/s": 3.125,
    "10 Gb/s": 1.25,
}
FLOAT32 = 4


@dataclasses.dataclass(frozen=True)
class Exchange:
    """The bytes that one method exchanges.

    Attributes:
        preset: str, the preset of its networks.
        gradients: bytes of gradients in a mean step.
        most: bytes of gradients in the step with the most.
        pooled: bytes that pools exchange for one image in the batch of a
            device. Multiply by the number of devices.
    """

    preset: str
    gradients: float
    most: int
    pooled: int

    def bytes(self, devices, batch):
        """All bytes of a mean step with `batch` images on each device."""
        return self.gradients + self.pooled * devices * batch


def step_bytes(method):
    """List of the bytes of gradients in each step of a period.

    This is the first phase, in which most networks learn. A sequential
    mini-batch counts with all of its sub-steps.
    """
    period = math.lcm(*(player.every for player in method.players.values()))
    repeats = getattr(method, "substeps", 1)
    steps = []
    for step in range(period):
        method.phase = method.phase_at(step)
        total = 0
        for name in (n for players in method.present_rounds for n in players):
            player = method.players[name]
            if not player.learns(step):
                continue
            variables = method.owned_variables(name, method.frozen)
            # Clipping sums the gradients once more, for their norm.
            sums = 1 if player.clip_norm is None else 2
            weights = sum(math.prod(variable.shape) for variable in variables)
            total += repeats * sums * weights * FLOAT32
        steps.append(total)
    return steps


def pooled_bytes(method):
    """Bytes that a method's pools exchange for one image of a batch."""
    return FLOAT32 * sum(
        math.prod(pool.images.shape[1:])
        for pool in method.pools.values()
        if pool.size
    )


def exchange(name, preset, image_size):
    """`Exchange` of a method with a preset's networks."""
    from tfmask.methods import method_spec, preset_config
    from tfmask.training.building import build_method
    from tfmask.training.training_data import following, open_training_data

    spec = method_spec(name)
    preset = preset if preset in spec.presets else "quick"
    config = preset_config(name, preset, DATA.get(spec.data, "synthetic"))
    data = dataclasses.replace(
        config.data,
        image_size=image_size,
        load_size=None,
        synthetic_count=8,
        epoch_steps=1000,
        masks_for_training=None,
    )
    config = dataclasses.replace(config, data=data)
    config = following(config, open_training_data(config))
    method = build_method(config, 1000)
    steps = step_bytes(method)
    return Exchange(
        preset, sum(steps) / len(steps), max(steps), pooled_bytes(method)
    )


def ring_seconds(size, devices, gigabytes):
    """Seconds of an all-reduce of `size` bytes, by the model above."""
    return 2 * (devices - 1) / devices * size / (gigabytes * 1e9)


def efficiency(exchanged, devices, gigabytes, step_seconds, batch):
    """Images/s as a share of `devices` times the images/s of one device."""
    seconds = ring_seconds(exchanged.bytes(devices, batch), devices, gigabytes)
    return step_seconds / (step_seconds + seconds)


def row(*cells):
    return "| " + " | ".join(map(str, cells)) + " |"


def bytes_table(exchanges):
    """Lines of a table in Markdown, in MB (10^6 bytes)."""
    lines = [
        row("method", "a mean step", "the largest", "pools, an image a device"),
        row("---", *["---:"] * 3),
    ]
    for name, own in exchanges.items():
        title = name if own.preset == "paper" else f"{name} ({own.preset})"
        sizes = own.gradients, own.most, own.pooled
        lines.append(row(title, *(f"{size / 1e6:,.1f}" for size in sizes)))
    return lines


def scaling_table(exchanges, step_seconds, batch):
    """Lines of a table in Markdown: speed-up over one device."""
    lines = [
        row("method", "link", *(f"{n} GPU" for n in DEVICES)),
        row("---", "---", *["---:"] * len(DEVICES)),
    ]
    for name, own in exchanges.items():
        for link, speed in LINKS.items():
            ups = (
                n * efficiency(own, n, speed, step_seconds, batch)
                for n in DEVICES
            )
            lines.append(row(name, link, *(f"{up:.1f}" for up in ups)))
    return lines


def main(argv=None):
    """Prints one of the two tables."""
    sys.path.insert(0, str(ROOT))
    from tfmask.methods import NAMES

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    tables = ("bytes", "scaling")
    parser.add_argument("--output-table", choices=tables, default="bytes")
    parser.add_argument("--methods", nargs="+", choices=NAMES, default=NAMES)
    parser.add_argument("--preset", choices=("paper", "quick"), default="paper")
    parser.add_argument("--image-size", type=int, default=256)
    parser.add_argument("--step-ms", type=float, default=100.0)
    parser.add_argument("--batch-size", type=int, default=1)
    arguments = parser.parse_args(argv)
    exchanges = {
        name: exchange(name, arguments.preset, arguments.image_size)
        for name in arguments.methods
    }
    lines = bytes_table(exchanges)
    if arguments.output_table == "scaling":
        lines = scaling_table(
            exchanges, arguments.step_ms / 1000, arguments.batch_size
        )
    print("\n".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
