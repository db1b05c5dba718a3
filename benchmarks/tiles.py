"""Time and memory of `tfmask translate --tile` on 12 megapixels.

    python benchmarks/tiles.py --tiles 256 512 1024

It makes a picture of smooth noise (4000 x 3000, JPEG). It makes a run with one
step of training at 64 px, or takes the run of `--run`. Then `tfmask translate`
translates the picture once for each size of tiles. The benchmark prints the
seconds by the clock and of the processor, and the peak of the process's memory.
All include the start of TensorFlow, so it also prints them for a picture of
64 x 64. Tile 0 means one pass without tiles.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]


def write_photograph(path, width, height):
    """Writes a JPEG of smooth noise, with coarse and fine shades."""
    random, picture = np.random.default_rng(0), 0.0
    for grain, share in ((400, 0.6), (60, 0.3), (9, 0.1)):
        shape = (height // grain + 2, width // grain + 2, 3)
        noise = Image.fromarray(random.integers(0, 256, shape, np.uint8))
        noise = noise.resize((width, height), Image.Resampling.BICUBIC)
        picture = picture + share * np.asarray(noise, np.float32)
    Image.fromarray(picture.astype(np.uint8)).save(path, quality=92)


def measured(words):
    """(seconds, CPU seconds, peak memory in GB) of a command of tfmask."""
    command = [sys.executable, "-m", "trainers.cli", *map(str, words)]
    start = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)}: {process.returncode}")
    # Linux counts KiB, macOS bytes.
    unit = 1 if sys.platform == "darwin" else 1024
    seconds = time.perf_counter() - start
    busy = usage.ru_utime + usage.ru_stime
    return seconds, busy, usage.ru_maxrss * unit / 1e9


def make_run(folder, method, preset):
    """Makes a run of one step."""
    words = f"train {method} --preset {preset} --data synthetic --steps 1 "
    words += "--image-size 64"
    measured([*words.split(), "--run", folder, "--data.synthetic-count", 8])
    return folder


def main(argv=None):
    """Prints one line for each size of tiles."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--method", default="attention_guided")
    parser.add_argument("--preset", default="paper")
    parser.add_argument("--run", type=Path, help="instead of a new one")
    parser.add_argument("--size", type=int, nargs=2, default=[4000, 3000])
    parser.add_argument("--tiles", type=int, nargs="+", default=[256, 512])
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_photograph(folder / "photo.jpg", *options.size)
        write_photograph(folder / "small.jpg", 64, 64)
        run = options.run or make_run(
            folder / "run", options.method, options.preset
        )
        print(f"\n{'':12}{'seconds':>9}{'CPU s':>9}{'peak GB':>9}")
        for tile in (None, *options.tiles):
            source = folder / ("small.jpg" if tile is None else "photo.jpg")
            words = ["translate", "--run", run, "--input", source]
            words += ["--output", folder / f"out{tile}"]
            words += ["--tile", tile] if tile else []
            seconds, busy, peak = measured(words)
            label = "64 x 64" if tile is None else f"tiles of {tile}"
            label = "one pass" if tile == 0 else label
            print(f"{label:12}{seconds:9.1f}{busy:9.1f}{peak:9.2f}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
