"""`tfmask evaluate`: masks and changes of a run, measured on real masks.

The numbers depend on the method and the data, see `tfmask.evaluation`. Every
number is beside the same number of maps that learnt nothing. One of these is
the identity, which changes nothing.
"""

import dataclasses
import sys
from pathlib import Path
from typing import Literal

from serving.commands.command_line import require_least
from tfmask.evaluation.feature_networks import (
    Features,
    check_weights,
)
from tfmask.evaluation.run_evaluation import (
    context_of,
    header,
    load_judge,
    open_evaluated,
    page_folder,
    write_evaluation,
)
from tfmask.evaluation.tables import print_tables
from tfmask.ops.command import command, parse_options
from tfmask.ops.files import (
    check_results_file,
)
from tfmask.ops.locks import only_writer
from tfmask.ops.start import load_tensorflow


@dataclasses.dataclass(frozen=True)
class Options:
    """Measure masks and changes of a run, in every direction.

    Images are in [-1, 1]: L1 numbers go from 0 to 2.
    """

    run: Path
    """Run folder of `tfmask train`."""
    data: str
    """Folder, `tfds:NAME` or `synthetic`."""
    json: Path
    """File for the numbers."""
    split: Literal["test", "train"] = "test"
    """Which images to measure."""
    limit: int | None = None
    """Only the first so many images of each domain."""
    batch_size: int = 8
    """Images at a time; the numbers do not depend on it."""
    skip_bad_files: bool = False
    """Leave out bad files and list them. Otherwise bad files are an error."""
    gallery: Path | None = None
    """Folder of the page with images; None: RUN/evaluation, or RUN/evaluation-2
    and so on if there is a page already."""
    overwrite: bool = False
    """Replace numbers and page that are already there."""
    instances: bool = False
    """Methods that translate plain images: measure around the instances of the
    data, as for methods of instances. Numbers that need translated masks are
    null."""
    min_instances: int = 1
    """Around instances: use only images with at least so many."""
    instances_per_step: int | None = None
    """Methods of instances: how many are translated in one step, 0 is all;
    None: as the run says."""
    keep_background: bool | None = None
    """Methods of instances: put the input back outside of all masks; None:
    as the run says."""
    label_domains: tuple[Literal["a", "b"], ...] | None = None
    """Pairs: domains whose images are label maps; None: as the run says."""
    segmenter: Path | None = None
    """Pairs: run folder of `tfmask train segmenter`, which reads the classes
    of translations from label maps to photographs."""
    classifier: Path | None = None
    """Folder of `tfmask classifier`. It says whether translations have their
    attributes, or are of the target domain. None: a small network is trained
    for attributes, and domains are not judged."""
    samples: int = 5
    """Methods with several answers: how many answers to each image are
    compared with each other."""
    features: Features | None = None
    """Methods with several answers: the network whose features compare them,
    see `tfmask metrics`. None: only pixels are compared."""
    weights: Path | None = None
    """Weights of the features' network, see `tfmask metrics`."""
    absent_classes: Literal["zero", "skip"] = "zero"
    """Pairs: classes that never occur count as 0, as in the papers, or are
    left out of the means."""

    def __post_init__(self):
        require_least(self, limit=1, batch_size=1, min_instances=1, samples=2)
        check_weights(self.features, self.weights)


@command
def main(argv: list[str] | None = None, load_run=None) -> int:
    """Runs `tfmask evaluate`; returns the exit code.

    `load_run` stands in for that of `tfmask.training.run_folder`.
    """
    options = parse_options(Options, argv, "evaluate")
    check_results_file(options.json, "units", overwrite=options.overwrite)
    pages = page_folder(options)

    load_tensorflow()
    from tfmask.reports import model_card

    if load_run is None:
        from tfmask.training.run_folder import load_run

    config, method = load_run(options.run)
    classifier = load_judge(options, config)
    data = open_evaluated(options, config, method.spec)
    head = header(options.run, config, method, data, options)
    if classifier is not None:
        head["judge"] = classifier.facts()
    context = context_of(options, method, data, classifier)
    # Two evaluations at once would overwrite the images of each other.
    with only_writer(pages, "Or give another folder as `--gallery`."):
        result, page = write_evaluation(options, context, head, pages)
    model_card.add_evaluation(options.run, result)
    print_tables(result)
    for path, reason in data.skipped:
        print(f"skipped {path}: {reason}")
    print(f"Numbers: {options.json}\nGallery: {page}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
