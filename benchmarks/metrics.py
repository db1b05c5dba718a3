"""Time and memory of KID and FID in tfmask and in torchmetrics.

    pip install ".[benchmark]"
    python benchmarks/metrics.py

It makes two sets of random features. For each measure and library it prints the
value, the smallest of several times in seconds, the growth of the process's
memory, and the ratios of ours to theirs. Each has a separate process, so that
its memory is its own. KID is that of the whole sets. torchmetrics computes it
in the features' precision (float32) by default, so the table has both.
"""

import argparse
import importlib.util
import json
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

FORMS = {
    "kid": ("tfmask", "torchmetrics", "torchmetrics-float32"),
    "fid": ("tfmask", "torchmetrics"),
}
NEEDS = (
    "This compares with torchmetrics, which is not installed: "
    'pip install ".[benchmark]"'
)


def features_of(count, width, seed):
    """(count, width) float32, correlated and 0 or more, like pooled ReLUs."""
    random = np.random.default_rng(seed)
    mix = np.random.default_rng(9).standard_normal((64, width), "float32")
    features = np.empty((count, width), "float32")
    # In parts. Otherwise this needs so much memory that the growth by the
    # libraries cannot be seen.
    for rows in np.array_split(features, -(-count // 100)):
        common = random.standard_normal((len(rows), 64), "float32")
        own = random.standard_normal(rows.shape, "float32")
        values = common @ mix / 8.0 + own + 0.3 * seed
        np.maximum(values, 0.0, out=rows)
    return features


def function_of(number, form):
    """A function of two sets of features (NumPy, float32) to a float.

    Args:
        number: a key of `FORMS`, the measure.
        form: a key of `FORMS[number]`, the library.
    """
    if form == "tfmask":
        # This also works in a clone that is not installed.
        sys.path.insert(0, str(Path(__file__).parents[1]))
        from tfmask.metrics import frechet_distance, kernel_distance

        return kernel_distance if number == "kid" else frechet_distance
    import torch
    from torchmetrics.image.fid import _compute_fid
    from torchmetrics.image.kid import poly_mmd

    def kid(first, second):
        pair = [torch.from_numpy(values) for values in (first, second)]
        if form == "torchmetrics":
            pair = [values.double() for values in pair]
        return float(poly_mmd(*pair))

    def moments(values):
        # torchmetrics' FID does this: sums over batches in float64.
        values = torch.from_numpy(values).double()
        mean, count = values.mean(dim=0, keepdim=True), len(values)
        scatter = values.t().mm(values) - count * mean.t().mm(mean)
        return mean[0], scatter / (count - 1)

    def fid(first, second):
        return float(_compute_fid(*moments(first), *moments(second)))

    return kid if number == "kid" else fid


def measure(number, form, count, width, repeats):
    """Runs one form in this process.

    Args:
        number: a key of `FORMS`, the measure.
        form: a key of `FORMS[number]`, the library.
        count: int, images of each set.
        width: int, features of an image.
        repeats: int, number of timed calls.

    Returns:
        dict of `value`, `seconds`, `mebibytes` (growth of the process's
        memory).
    """
    pair = [features_of(count, width, seed) for seed in (0, 1)]
    function = function_of(number, form)
    function(pair[0][:8], pair[1][:8])  # now the libraries have their memory
    before, seconds = _peak_kilobytes(), []
    for _ in range(repeats):
        start = time.perf_counter()
        value = function(*pair)
        seconds.append(time.perf_counter() - start)
    grown = max(_peak_kilobytes() - before, 1)  # ratios divide by it
    return {
        "value": value,
        "seconds": min(seconds),
        "mebibytes": grown / 1024.0,
    }


def _peak_kilobytes():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _in_a_process(number, form, options):
    command = [sys.executable, __file__, "--number", number, "--form", form]
    for name in ("count", "width", "repeats"):
        command += [f"--{name}", str(getattr(options, name))]
    done = subprocess.run(
        command, stdout=subprocess.PIPE, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def main(argv=None):
    """Prints one row for each measure and library. Returns the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--width", type=int, default=2048)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--number", choices=FORMS, help="this one, as JSON")
    parser.add_argument("--form", choices=FORMS["kid"], help="with --number")
    options = parser.parse_args(argv)
    if options.form:
        sizes = (options.count, options.width, options.repeats)
        print(json.dumps(measure(options.number, options.form, *sizes)))
        return 0
    if importlib.util.find_spec("torchmetrics") is None:
        print(NEEDS, file=sys.stderr)
        return 1
    print(f"{options.count} x {options.width} features, float32")
    print("number form                  value           seconds  mebibytes")
    for number, forms in FORMS.items():
        rows = {f: _in_a_process(number, f, options) for f in forms}
        for form, row in rows.items():
            print(
                f"{number:<6} {form:<21} {row['value']:<15.10g} "
                f"{row['seconds']:7.2f} {row['mebibytes']:10.1f}"
            )
        ours = rows.pop("tfmask")
        for form, row in rows.items():
            apart = abs(ours["value"] - row["value"]) / abs(row["value"])
            print(
                f"       tfmask / {form}: time "
                f"{ours['seconds'] / row['seconds']:.2f}, memory "
                f"{ours['mebibytes'] / row['mebibytes']:.2f}, values "
                f"{apart:.1e} apart"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
