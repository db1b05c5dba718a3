"""`tfmask benchmark`: several methods on one set under one budget."""

import dataclasses
import sys
from pathlib import Path
from typing import Literal

from tfmask.evaluation.ablations import chosen_arms
from tfmask.evaluation.benchmark import compare
from tfmask.evaluation.benchmark_features import (
    check_features,
)
from tfmask.evaluation.feature_networks import Features, check_weights
from tfmask.methods import PRESETS
from tfmask.ops.command import command, parse_options
from tfmask.ops.locks import only_writer


@dataclasses.dataclass(frozen=True)
class Options:
    """Train, measure and compare several methods on one set.

    Every method gets the same budget and the same seeds. Ctrl-C or a kill
    loses nothing: the same command continues. Writes results.json, a table
    (results.md) and a page with bars and the results of all methods
    (index.html).
    """

    data: str
    """Data, as for `tfmask train`."""
    out: Path
    """Folder for runs and results."""
    methods: tuple[str, ...] = ()
    """Methods to compare."""
    ablations: tuple[str, ...] = ()
    """Methods to compare with the ablations of their papers, too."""
    steps: int | None = None
    """Training steps of each run; give these or --minutes."""
    minutes: float | None = None
    """Minutes of each training, on this machine."""
    seeds: int = 1
    """Runs of each method, with the seeds 0, 1, ..."""
    preset: Literal[PRESETS] = "quick"
    """Preset of all methods."""
    train_options: str = ""
    """More options of every `tfmask train`, as one quoted string."""
    evaluate_options: str = ""
    """More options of every `tfmask evaluate`, as one quoted string."""
    features: Features | None = None
    """Also measure KID, as `tfmask metrics` does, for methods that translate
    plain images; the data must be a folder."""
    weights: Path | None = None
    """For `inception` and `classifier`, as in `tfmask metrics`."""

    def __post_init__(self):
        if (self.steps is None) == (self.minutes is None):
            raise ValueError("Give `--steps` or `--minutes`.")
        for name in ("steps", "minutes", "seeds"):
            value = getattr(self, name)
            if value is not None and value <= 0:
                raise ValueError(f"`{name}` must be above 0. Got: {value}")
        check_weights(self.features, self.weights)


@command
def main(argv: list[str] | None = None) -> int:
    """Runs `tfmask benchmark`; returns the exit code."""
    options = parse_options(Options, argv, "benchmark")
    arms = chosen_arms(options.methods, options.ablations)
    check_features(options)
    with only_writer(options.out, "Or give another folder as `--out`."):
        return compare(arms, options)


if __name__ == "__main__":
    sys.exit(main())
