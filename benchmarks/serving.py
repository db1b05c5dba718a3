"""Time of a translation by the local server and by the model alone.

    python benchmarks/serving.py --json serving.json

The model is CycleGAN with untrained weights, exported as by `tfmask export`:
`small` (the quick preset with 16 filters, 64 px) and `full` (the paper's
preset, 256 px). Each request has one uint8 image. The benchmark measures these
ways:

(a) a direct call of the loaded signature in this process;
(b) `tfmask serve` in a separate process and `serving.client`, with arrays and
    with PNG files, with 1, 4 and 16 clients. Each client sends the next image
    when it has its answer. The same with a server that uses batching.

The ways are measured in turns, so that other work on the machine slows all of
them.
"""

import contextlib
import dataclasses
import io
import json
import os
import platform
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

ROOT = Path(__file__).resolve().parent.parent
# Python looks first in a script's own folder. There `serving` is this file.
sys.path[:] = [str(ROOT)] + [
    entry for entry in sys.path if Path(entry).resolve() != ROOT / "benchmarks"
]

import numpy as np  # noqa: E402

OVERHEAD_TARGET = 5.0  # ms of p50: one client, arrays, over the direct call
PERCENTILES = (50, 95, 99)
CASES = ("small-64", "small-256", "full-256")


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options of the benchmark."""

    cases: tuple[Literal["small-64", "small-256", "full-256"], ...] = CASES
    """Networks and sides of the images."""
    clients: tuple[int, ...] = (1, 4, 16)
    """Numbers of clients at the same time."""
    seconds: float = 10.0
    """Seconds of measurement for each cell of the table."""
    rounds: int = 3
    """Number of turns of each way."""
    batching: bool = True
    """Also measure a server with batching."""
    other: Path | None = None
    """Checkout whose server is also measured, in turns; `.` is this one."""
    other_options: str = ""
    """More options of that server, as one text."""
    other_exports: bool = False
    """That server loads what its own checkout exports, not the same files."""
    json: Path | None = None
    """Also write the numbers into this file."""


def build(case, base):
    """Exports the network of a case. Returns the version's folder."""
    import keras

    from tfmask.export.signatures import export_method
    from tfmask.methods import method_spec, preset_config

    network, _ = case.split("-")
    preset = "quick" if network == "small" else "paper"
    config = preset_config("cyclegan", preset, "").method
    if network == "small":
        config = dataclasses.replace(config, filters=16)
    side = 64 if network == "small" else 256
    keras.utils.set_random_seed(0)
    model = method_spec("cyclegan").load_model()
    method = model(config, image_size=(side, side))
    return export_method(method, base, network, warm_up_batches=(1, 2, 4, 8))


def exported_by(root, case, base):
    """The folder beside `base` with what another checkout exports."""
    folder = base.parent / f"{base.name}-other"
    if folder.exists():
        return folder
    code = (
        "import pathlib, runpy; "
        "names = runpy.run_path('benchmarks/serving.py'); "
        f"names['build']({case!r}, pathlib.Path({str(folder)!r}))"
    )
    environment = {**os.environ, "PYTHONPATH": str(root)}
    subprocess.run(
        [sys.executable, "-c", code], cwd=root, env=environment, check=True
    )
    return folder


def picture(side):
    """A smooth image with noise, uint8 (side, side, 3)."""
    rows, columns = np.mgrid[:side, :side] / side
    waves = [np.sin(7 * rows + 3 * columns * k) for k in (1, 2, 3)]
    noise = np.random.default_rng(0).normal(0, 6, (side, side, 3))
    image = 127.5 + 100 * np.stack(waves, -1) + noise
    return np.clip(image, 0, 255).astype(np.uint8)


def png(image):
    """The bytes of a PNG."""
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(image).save(file, "png")
    return file.getvalue()


def direct_call(version, image, encoded):
    """A function that runs the loaded signature once, in this process."""
    import tensorflow as tf

    name = "a_to_b_encoded" if encoded else "a_to_b"
    loaded = tf.saved_model.load(str(version))
    signature = loaded.signatures[name]
    value = np.array([png(image)], object) if encoded else image[np.newaxis]

    def call():
        outputs = signature(image=tf.constant(value))
        return [tensor.numpy() for tensor in outputs.values()]

    call.loaded = loaded  # keeps the variables while the function lives
    return call


@contextlib.contextmanager
def server(base, batching, root=ROOT, more=()):
    """Runs `tfmask serve` of a checkout in a new process; gives host:port."""
    options = ["--base", str(base), "--port", "0", "--poll", "0", *more]
    if batching:
        from tfmask.export.serving_config import write_serving_config

        write_serving_config(base)
        file = base / "serving_config" / "batching_cpu.config"
        options += ["--batching-parameters-file", str(file)]
    process = subprocess.Popen(
        [sys.executable, "-m", "serving.local_server", *options],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        line = process.stdout.readline()
        if not line.startswith("serving on "):
            raise RuntimeError("the server did not start")
        yield line.split()[-1]
    finally:
        process.terminate()
        process.wait(timeout=30)
        process.stdout.close()


def timed(call, seconds, latencies):
    """Calls until the time is over. Appends each call's milliseconds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        start = time.perf_counter()
        call()
        latencies.append((time.perf_counter() - start) * 1000)


def client_calls(target, model, value, count):
    """A function for each client that sends a request, and one that closes."""
    from serving.client import Client

    clients = [Client(target, model, timeout=300) for _ in range(count)]
    for client in clients:
        client.translate(value)
    calls = [lambda c=client: c.translate(value) for client in clients]
    return calls, lambda: [client.close() for client in clients]


def together(calls, seconds):
    """Runs each function in a thread. Returns (latencies, seconds of all)."""
    latencies = [[] for _ in calls]
    threads = [
        threading.Thread(target=timed, args=(call, seconds, own))
        for call, own in zip(calls, latencies, strict=True)
    ]
    start = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(latencies, []), time.monotonic() - start


def row(case, way, form, clients, latencies, seconds):
    """One line of the table."""
    values = np.percentile(latencies, PERCENTILES)
    return {
        "case": case,
        "way": way,
        "form": form,
        "clients": clients,
        "calls": len(latencies),
        **{
            f"p{percentile}_ms": round(float(value), 2)
            for percentile, value in zip(PERCENTILES, values, strict=True)
        },
        "images_per_second": round(len(latencies) / seconds, 2),
    }


def in_turns(options, ways):
    """Measures the ways in turns.

    Args:
        options: `Options`.
        ways: dict of way to its functions. Each function gets a thread.

    Returns:
        dict of way to (latencies, seconds).
    """
    timings = {way: ([], 0.0) for way in ways}
    for _ in range(options.rounds):
        for way, calls in ways.items():
            more, seconds = together(calls, options.seconds / options.rounds)
            latencies, before = timings[way]
            timings[way] = latencies + more, before + seconds
    return timings


def measure(options, case, base, version):
    """All rows of a case."""
    rows = []
    model, side = case.split("-")
    image = picture(int(side))
    forms = {"array": image, "png": png(image)}
    with contextlib.ExitStack() as stack:
        targets = {"server": stack.enter_context(server(base, False))}
        if options.other:
            root, exports = options.other.resolve(), base
            if options.other_exports:
                exports = exported_by(root, case, base)
            more = options.other_options.split()
            targets["server, other"] = stack.enter_context(
                server(exports, False, root, more)
            )
        if options.batching:
            targets["server, batching"] = stack.enter_context(
                server(base, True)
            )
        for form, value in forms.items():
            for count in options.clients:
                ways, closers = {}, []
                if count == 1:
                    direct = direct_call(version, image, form == "png")
                    direct()
                    ways["direct"] = [direct]
                for way, target in targets.items():
                    ways[way], close = client_calls(target, model, value, count)
                    closers.append(close)
                rows += [
                    row(case, way, form, count, *result)
                    for way, result in in_turns(options, ways).items()
                ]
                for close in closers:
                    close()
    return rows


def find(rows, **wanted):
    """The first row with these values, or None."""
    return next(
        (r for r in rows if all(r[k] == v for k, v in wanted.items())), None
    )


def verdicts(rows, cases):
    """Sentences about our aims, with the numbers."""
    sentences = []
    for case in cases:
        direct, served = (
            find(rows, case=case, way=way, form="array", clients=1)
            for way in ("direct", "server")
        )
        if direct and served:
            more = served["p50_ms"] - direct["p50_ms"]
            word = "within" if more <= OVERHEAD_TARGET else "ABOVE"
            sentences.append(
                f"{case}: the server adds {more:.2f} ms to the direct call's "
                f"p50, {word} {OVERHEAD_TARGET:g} ms"
            )
        plain, batched = (
            find(rows, case=case, way=way, form="array", clients=16)
            for way in ("server", "server, batching")
        )
        if plain and batched:
            ratio = batched["images_per_second"] / plain["images_per_second"]
            sentences.append(
                f"{case}: 16 clients get {ratio:.2f} x the images a second "
                "with batching"
            )
    return sentences


def show(rows):
    """Prints the table."""
    from rich.console import Console
    from rich.table import Table

    table = Table(*rows[0])
    for entry in rows:
        table.add_row(*map(str, entry.values()))
    Console(width=120).print(table)


def machine():
    """The machine and the versions of the measurement."""
    import grpc
    import tensorflow as tf

    return {
        "cores": os.cpu_count(),
        "machine": platform.machine(),
        "python": platform.python_version(),
        "tensorflow": tf.__version__,
        "grpcio": grpc.__version__,
        "load_average": os.getloadavg()[0],
    }


def main(argv=None):
    """Runs the benchmark. Returns the exit code."""
    from serving.commands.command_line import parse_command_line

    options = parse_command_line(Options, argv, "benchmarks/serving.py")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
    rows, facts = [], machine()
    with tempfile.TemporaryDirectory() as work:
        versions = {}
        for case in options.cases:
            network = case.split("-")[0]
            base = Path(work, network)  # a server loads all models of a folder
            if network not in versions:
                versions[network] = build(case, base)
            rows += measure(options, case, base, versions[network])
    show(rows)
    sentences = verdicts(rows, options.cases)
    print("\n".join(sentences))
    if options.json:
        report = {"machine": facts, "rows": rows, "verdicts": sentences}
        options.json.write_text(json.dumps(report, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
