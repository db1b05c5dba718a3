"""Time of a training step, of PyTorch's, and of the fastest convolution.

    python benchmarks/train_step.py

The default is CycleGAN as published for 128 px (ResNet-6, batch 1, float32,
identity terms, a pool of 50). The benchmark times three sides: tfmask's own
class in the tf.function of training, the same layers in eager PyTorch, and
TensorFlow's forward 3x3 convolutions. Each side has its own process, which
lives until the end. The sides are timed in turns, round after round, so that
other work on the machine slows all of them. PyTorch needs `pip install
".[benchmark]"`.

`--method attention_guided` is compared in its first stage; the second one
(`--stage 2`) has no PyTorch side. `--method instagan` has 200 px
and the paper's networks. Its step is a whole sequential mini-batch and takes
minutes on two cores. `--instances 1 2 3 4 5 6 7 8` shows how the time grows
with the number of instances. A sub-step has two.

`--method stargan` (128 px, batch 16, the paper's networks) and `--method lomit`
(batch 8) time two kinds of steps: steps in which only the critic learns, and
steps in which the generator learns after it. "mean" is the mean step: the
generator learns in every fifth step.

A GPU is used if there is one (devices.py); both sides have to be on the same
device. `--compiled` runs PyTorch's networks and losses through `torch.compile`.
Then give three warm-up steps or more. `--channels-last` is another order of
PyTorch's memory. On CPUs it is slower, and PyTorch 2.13 computes wrong
gradients there: of an instance normalisation before a convolution.

`--method pix2pix` (128 px, batch 1, the paper's networks), `--method munit`,
`--method cut` and `--method ugatit` are compared with PyTorch. U-GAT-IT has its
full form: 2 GB of weights and Adam's moments for each side. `--method guidegan`
shows the cost of guidance. It compares both kinds of attention with CycleGAN
with the same networks and losses, all in one process. With `--guidance
post_hoc` it compares this kind with PyTorch.

`--all` times every method without PyTorch. Its options are those of
every_method.py. `--all --jit` compares each method with and without XLA (see
xla.py), and `--all --vs torch` compares several methods with PyTorch (see
against_pytorch.py).
"""

import dataclasses
import importlib.util
import json
import statistics
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

# If this file is run as a script, Python sees only its own folder.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.sides import Side, common_device  # noqa: E402

# Issue 2: a step needs at most this share of PyTorch's time, and has at least
# this share of the speed of the machine's fastest convolution.
RATIO_TARGET = 0.85
SHARE_TARGET = 0.75
# Issue 6: the most time of a step with post hoc guidance, as a multiple of the
# step without guidance.
GUIDANCE_TARGET = 1.25
# Default side of the images and number of images of each domain.
SIZES = {"instagan": (200, 1), "stargan": (128, 16), "lomit": (128, 8)}
# Methods whose networks of the preset `quick` are in PyTorch, too.
QUICK_IN_PYTORCH = ("cyclegan", "attention_guided")
# The columns in which the rows of one side differ.
ROWS = {
    "instagan": "instances",
    "stargan": "step",
    "lomit": "step",
    "guidegan": "guidance",
}


@dataclass(frozen=True)
class Options:
    """Options of the benchmark."""

    method: Literal[
        "cyclegan",
        "attention_guided",
        "instagan",
        "stargan",
        "lomit",
        "pix2pix",
        "guidegan",
        "ugatit",
        "munit",
        "cut",
    ] = "cyclegan"
    """The method whose step is timed."""
    preset: Literal["paper", "quick"] = "paper"
    """Preset of the networks. For `quick`, PyTorch has only those of cyclegan
    and attention_guided."""
    precision: Literal["float32", "bfloat16"] = "float32"
    """Precision of the layers. PyTorch's is `torch.autocast`."""
    stage: Literal[1, 2] = 1
    """Stage of attention_guided. 2: attention is frozen, and the discriminators
    see only the foreground."""
    image_size: int | None = None
    """Side of the images. None: 200 for instagan, else 128."""
    batch_size: int | None = None
    """Images of each domain in a step. None: 16 for stargan, 8 for lomit, else
    1."""
    instances: tuple[int, ...] = (2,)
    """Numbers of instances in both images of instagan. Each is timed."""
    guidance: tuple[Literal["none", "post_hoc", "ram"], ...] = (
        "none",
        "post_hoc",
        "ram",
    )
    """Of guidegan: kinds of guidance, each timed. PyTorch has only post_hoc,
    and is timed if this is the only kind."""
    blocks: int | None = None
    """Number of residual blocks. None: 6 for the paper's CycleGAN and GuideGAN,
    else the preset's."""
    threads: int = 2
    """Threads of each side."""
    rounds: int = 5
    """Number of rounds."""
    steps: int = 3
    """Number of steps of each side in a round."""
    warm_up: int = 3
    """Number of steps before the timing."""
    pytorch: bool = True
    """Also time PyTorch."""
    compiled: bool = False
    """PyTorch's networks and losses go through `torch.compile`."""
    channels_last: bool = False
    """PyTorch's memory has the channels last."""
    convolution: bool = True
    """Also time TensorFlow's 3x3 convolutions, if the FLOPs of the method are
    known."""
    json: Path | None = None
    """Also write the numbers into this file."""


def summary(times):
    """Statistics of [wall, cpu] pairs, in milliseconds."""
    wall, cpu = (
        [1000 * value for value in kind] for kind in zip(*times, strict=True)
    )
    return {
        "wall_ms": statistics.median(wall),
        "wall_ms_fastest": min(wall),
        "wall_ms_slowest": max(wall),
        "cpu_ms": statistics.median(cpu),
        "cpu_ms_fastest": min(cpu),
    }


def measured(options):
    """Runs all sides. Returns them after their end."""
    settings = dataclasses.asdict(options)
    del settings["json"]
    names = ["tfmask"]
    there = options.preset == "paper" or options.method in QUICK_IN_PYTORCH
    there = there and options.stage == 1
    if options.method == "guidegan":
        there = there and options.guidance == ("post_hoc",)
    if options.pytorch and there:
        if importlib.util.find_spec("torch") is None:
            raise SystemExit(
                "This compares with PyTorch, which is not installed: "
                'pip install ".[benchmark]", or leave it out: --no-pytorch'
            )
        names.append("pytorch")
    known = ("cyclegan", "attention_guided")
    if options.convolution and options.method in known:
        names.append("convolution")
    sides = []
    try:
        for name in names:
            sides.append(Side(name, settings))
        for _ in range(options.rounds):
            for side in sides:
                side.time(options.steps)
    finally:
        for side in sides:
            side.close()
    return sides


def report(options, sides):
    """The numbers of a run, ready for JSON."""
    times = {side.name: side.times for side in sides}
    convolutions = times.pop("convolution", None)
    steps = {
        name: {key: summary(values) for key, values in functions.items()}
        for name, functions in times.items()
    }
    for functions in steps.values():
        if "critic" in functions:
            functions["mean"] = mean_step(options, **functions)
    parameters = {
        side.name: side.parameters for side in sides if side.parameters
    }
    ours, *others = parameters.values()
    if any(counts != ours for counts in others):
        raise SystemExit(f"The sides' networks differ: {parameters}")
    result = {
        "device": common_device(sides),
        "options": {**dataclasses.asdict(options), "json": None},
        "steps": steps,
        "peak_mib": {side.name: side.peak_mib for side in sides},
        "parameters": parameters,
    }
    if "pytorch" in steps:
        result["ratios"] = {
            key: {
                kind: value / steps["pytorch"][key][kind]
                for kind, value in ours.items()
            }
            for key, ours in steps["tfmask"].items()
        }
    if options.method == "guidegan" and options.guidance[0] == "none":
        without, *guided = steps["tfmask"].items()
        result["guidance_ratios"] = {
            key: {kind: value / without[1][kind] for kind, value in of.items()}
            for key, of in guided
        }
    if convolutions:
        ours = steps["tfmask"]["step"]
        result |= flop_share(options, ours, convolutions)
    return result


def mean_step(options, critic, both):
    """The mean time of a step if the generator learns only in some steps."""
    from benchmarks.worker import method_config

    count = method_config(dataclasses.asdict(options)).critic_steps
    return {
        kind: value + (both[kind] - value) / count
        for kind, value in critic.items()
    }


def flop_share(options, ours, convolutions):
    """The speed of a step as a share of the fastest convolution's speed."""
    from benchmarks.flops import step_flops
    from benchmarks.worker import method_config

    flops = step_flops(
        options.method,
        options.image_size,
        options.batch_size,
        method_config(dataclasses.asdict(options)),
        stage=options.stage,
    )
    convolutions = {
        int(name): summary(values) for name, values in convolutions.items()
    }
    # Medians are compared with medians, and the fastest with the fastest,
    # because other work on the machine slows both sides.
    best = max(f / value["wall_ms"] for f, value in convolutions.items())
    fastest = max(
        f / value["wall_ms_fastest"] for f, value in convolutions.items()
    )
    return {
        "gflop": flops / 1e9,
        "gflops_reached": flops / ours["wall_ms"] / 1e6,
        "gflops_best_convolution": best / 1e6,
        "flop_share": flops / ours["wall_ms"] / best,
        "flop_share_fastest": flops / ours["wall_ms_fastest"] / fastest,
    }


def print_report(result):
    """Prints the tables."""
    from rich.console import Console
    from rich.table import Table

    console = Console()
    options = result["options"]
    table = Table(
        title=f"{options['method']}, {options['preset']} preset, "
        f"{options['image_size']} px, batch {options['batch_size']}, "
        f"{options['precision']}, {result['device']}, "
        f"{options['threads']} threads, "
        + "".join(
            f"PyTorch {name}, "
            for name in ("compiled", "channels_last")
            if options[name]
        )
        + f"{options['rounds']} rounds of {options['steps']} steps"
    )
    rows = ROWS.get(options["method"])
    table.add_column("ms a step")
    if rows:
        table.add_column(rows, justify="right")
    for column in ("median", "fastest", "slowest", "CPU median", "peak MiB"):
        table.add_column(column, justify="right")
    kinds = ("wall_ms", "wall_ms_fastest", "wall_ms_slowest", "cpu_ms")
    for name, functions in result["steps"].items():
        for key, values in functions.items():
            table.add_row(
                name,
                *([key] if rows else []),
                *(f"{values[kind]:.0f}" for kind in kinds),
                f"{result['peak_mib'][name]:.0f}",
            )
    console.print(table)
    for name, counts in result["parameters"].items():
        text = ", ".join(f"{key} {count:,}" for key, count in counts.items())
        console.print(f"parameters of {name}: {text}")
    for key, ratios in result.get("ratios", {}).items():
        what = f" ({rows}: {key})" if rows else ""
        console.print(
            f"tfmask / PyTorch{what}: {ratios['wall_ms']:.2f} "
            f"(target: at most {RATIO_TARGET}; of the fastest steps "
            f"{ratios['wall_ms_fastest']:.2f}, of CPU time "
            f"{ratios['cpu_ms']:.2f})"
        )
    for key, ratios in result.get("guidance_ratios", {}).items():
        console.print(
            f"{key} / no guidance: {ratios['wall_ms']:.2f} (target for "
            f"post_hoc: at most {GUIDANCE_TARGET}; of the fastest steps "
            f"{ratios['wall_ms_fastest']:.2f}, of CPU time "
            f"{ratios['cpu_ms']:.2f})"
        )
    if "gflop" in result:
        console.print(
            f"{result['gflop']:.0f} GFLOP of convolutions a step: "
            f"{result['gflops_reached']:.0f} GFLOP/s, "
            f"{result['flop_share']:.2f} of the best 3x3 convolution's "
            f"{result['gflops_best_convolution']:.0f} (target for CycleGAN: "
            f"at least {SHARE_TARGET}; fastest against fastest "
            f"{result['flop_share_fastest']:.2f})"
        )


def main(argv=None):
    """Runs the benchmark."""
    from serving.commands.command_line import parse_command_line

    argv = sys.argv[1:] if argv is None else argv
    if "--all" in argv:
        return of_all_methods([word for word in argv if word != "--all"])
    options = complete(parse_command_line(Options, argv, "train_step.py"))
    result = report(options, measured(options))
    print_report(result)
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n")
    return 0


def complete(options):
    """Options with numbers in place of None."""
    image_size, batch_size = SIZES.get(options.method, (128, 1))
    options = dataclasses.replace(
        options,
        image_size=options.image_size or image_size,
        batch_size=options.batch_size or batch_size,
    )
    resnet = options.method in ("cyclegan", "guidegan")
    if options.blocks is None and resnet and options.preset == "paper":
        options = dataclasses.replace(options, blocks=6)
    return options


def of_all_methods(argv):
    """Runs the script that `--all` stands for."""
    from benchmarks import against_pytorch, every_method, xla

    if "--jit" in argv:
        return xla.main([word for word in argv if word != "--jit"])
    if "--vs" in argv:
        return against_pytorch.main(argv)
    return every_method.main(argv)


if __name__ == "__main__":
    sys.exit(main())
