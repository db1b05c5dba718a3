"""`tfmask evaluate`: masks and changes of a run, measured on real masks.

What is measured depends on the method and the data, see
`tfmask.evaluation`. Every number stands beside the same number of maps that
learnt nothing, of which the identity changes nothing.
"""

import dataclasses
import datetime
import os
import sys
from pathlib import Path
from typing import Literal

import numpy as np

from tfmask.evaluation.feature_networks import (
    Features,
    check_weights,
    open_network,
)
from tfmask.evaluation.tables import print_tables
from tfmask.ops.command import command, parse_options
from tfmask.ops.errors import UserError
from tfmask.ops.files import (
    check_results_file,
    check_results_folder,
    is_used,
    write_json,
)
from tfmask.ops.locks import only_writer
from tfmask.ops.start import load_tensorflow

UNITS = {
    "images": "[-1, 1]; an L1 of 2 is black against white",
    "masks": "[0, 1]; object is > threshold",
    "psnr": "dB, range 2, of the mean squared error over the set",
    "ssim": "range 2, Gaussian window with sigma 1.5",
    "averages": "per image, then over images",
}


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
    """Leave unreadable files out (counted and listed), do not stop."""
    gallery: Path | None = None
    """Folder of the page with images; None: RUN/evaluation, and where an
    earlier page is there, RUN/evaluation-2 and so on."""
    overwrite: bool = False
    """Replace numbers and page that are already there."""
    instances: bool = False
    """Methods that translate plain images: measure around the instances of
    the data, as methods of instances are; what needs translated masks is
    null."""
    min_instances: int = 1
    """Around instances: only images with so many or more."""
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
    """Folder of `tfmask classifier`: says whether translations have their
    attributes, or are of the target domain. None: a small network is trained
    for attributes, and domains are not judged."""
    samples: int = 5
    """Methods with several answers: how many of each image are compared with
    each other."""
    features: Features | None = None
    """Methods with several answers: whose features compare them, see
    `tfmask metrics`. None: they are compared by pixels alone."""
    weights: Path | None = None
    """Of the features, see `tfmask metrics`."""
    absent_classes: Literal["zero", "skip"] = "zero"
    """Pairs: classes that never occur count as 0, as in the papers, or are
    left out of the means."""

    def __post_init__(self):
        least = {"limit": 1, "batch_size": 1, "min_instances": 1, "samples": 2}
        for name, bound in least.items():
            value = getattr(self, name)
            if value is not None and value < bound:
                raise ValueError(
                    f"`{name}` must be {bound} or more. Got: {value}"
                )
        check_weights(self.features, self.weights)


def header(run, config, method, data, options):
    """What the numbers were made from: the head of the JSON file."""
    from tfmask.ops.package_versions import package_versions

    return {
        "run": str(run),
        "method": config.method_name,
        "preset": config.preset,
        "mask_kind": method.spec.mask_kind,
        "step": _step(method),
        "data": data.describe(),
        "split": options.split,
        "limit": options.limit,
        "image_size": config.data.image_size,
        "units": UNITS,
        "versions": package_versions(),
        "date": datetime.datetime.now(datetime.UTC).isoformat("T", "seconds"),
    }


def _step(method):
    step = getattr(method, "step", None)
    return None if step is None else int(np.asarray(step))


def _open(options, config, spec):
    """The data, with its training images if there are any."""
    from data_pipelines.splits import no_images, present_splits
    from tfmask.training.run_folder import open_images

    needed = getattr(config.method, "attributes", ())
    splits = present_splits(options.data)
    if options.split not in splits:
        (other,) = splits
        raise UserError(
            f"{no_images(options.data, options.split)} Add them, or measure "
            f"the other images with --split {other}."
        )
    if needed and "train" not in splits:
        splits = ("train", *splits)  # what judges attributes learns from them
    changes = {
        "location": options.data,
        "skip_bad_files": options.skip_bad_files,
        "attributes": needed,
    }
    if options.label_domains is not None:
        changes["label_domains"] = options.label_domains
    same = os.path.abspath(options.data) == os.path.abspath(
        config.data.location
    )
    if config.data.masks_for_training is not None and not same:
        changes["masks_for_training"] = 0  # other data need not have as many
    changed = dataclasses.replace(config.data, **changes)
    return open_images(dataclasses.replace(config, data=changed), spec, splits)


def _judge(options, config):
    """The `TrainedClassifier` of `--classifier`, or None."""
    if options.classifier is None:
        return None
    from tfmask.evaluation.trained_classifier import load_classifier

    classifier = load_classifier(options.classifier)
    attributes = getattr(config.method, "attributes", None)
    if attributes is None:
        classifier.require_domains()
    else:
        classifier.select(attributes)
    return classifier


def _context(options, method, data, classifier=None):
    """The `Context` of the options."""
    from tfmask.evaluation.context import Context
    from tfmask.evaluation.segmenter import load_segmenter
    from tfmask.reports import model_card

    context = Context(
        method,
        data,
        split=options.split,
        limit=options.limit,
        batch_size=options.batch_size,
        classifier=classifier,
        absent=options.absent_classes,
        instances=options.instances,
        min_instances=options.min_instances,
        samples=options.samples,
        features=_features(options, method),
        thresholds=model_card.read_thresholds(options.run, _step(method)),
        sequence={
            "per_step": options.instances_per_step,
            "keep_background": options.keep_background,
        },
    )
    if options.segmenter is None or data.layout != "pairs":
        return context
    segmenter = load_segmenter(options.segmenter, data)
    return dataclasses.replace(context, segmenter=segmenter)


def _features(options, method):
    """The `FeatureNetwork` that compares answers, or None.

    Raises:
        UserError: the method has one answer, or the network is broken.
    """
    if options.features is None:
        return None
    if method.spec.several is None:
        raise UserError(
            "`--features` compares several answers to an image. Got: "
            f"`{options.run}`, which has one; leave it out."
        )
    return open_network(options.features, options.weights)


def page_folder(options):
    """Where the page goes: it replaces no other one unless that is asked."""
    from tfmask.reports.gallery import FILES

    if options.gallery is not None:
        check_results_folder(
            options.gallery,
            FILES,
            overwrite=options.overwrite,
            option="gallery",
        )
        return options.gallery
    folder, number = options.run / "evaluation", 1
    while is_used(folder) and not options.overwrite:
        number += 1
        folder = options.run / f"evaluation-{number}"
    return folder


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
    classifier = _judge(options, config)
    data = _open(options, config, method.spec)
    head = header(options.run, config, method, data, options)
    if classifier is not None:
        head["judge"] = classifier.facts()
    context = _context(options, method, data, classifier)
    # Of two evaluations each would overwrite the other's images.
    with only_writer(pages, "Or give another folder as `--gallery`."):
        result, page = _evaluate(options, context, head, pages)
    model_card.add_evaluation(options.run, result)
    print_tables(result)
    for path, reason in data.skipped:
        print(f"skipped {path}: {reason}")
    print(f"Numbers: {options.json}\nGallery: {page}")
    return 0


def _evaluate(options, context, head, pages):
    """Measures; writes the numbers and the page.

    Returns:
        (dict of the numbers, path of the page).
    """
    from tfmask.evaluation.loop import evaluate
    from tfmask.ops.console import image_progress
    from tfmask.reports.gallery import Gallery

    name = options.run.resolve().name
    gallery = Gallery(
        pages,
        f"Evaluation of {name}",
        f"{head['method']}, step {head['step']}, {head['data']['location']} "
        f"({options.split}).\nImages in [-1, 1]: an L1 of 2 is black against "
        "white.",
    )
    total = sum(context.count(d[0]) for d in context.method.directions)
    with image_progress("Evaluating", total) as advance:
        result = evaluate(context, gallery, advance)
    result = {**head, **result}
    write_json(options.json, result)
    return result, gallery.write()


if __name__ == "__main__":
    sys.exit(main())
