"""The evaluation of a run: its measures, and the files of its numbers."""

import dataclasses
import datetime
import os

import numpy as np

from tfmask.evaluation.feature_networks import open_network
from tfmask.ops.errors import UserError
from tfmask.ops.files import check_results_folder, is_used, write_json

UNITS = {
    "images": "[-1, 1]; an L1 of 2 is black against white",
    "masks": "[0, 1]; object is > threshold",
    "psnr": "dB, range 2, of the mean squared error over the set",
    "ssim": "range 2, Gaussian window with sigma 1.5",
    "averages": "per image, then over images",
}


def header(run, config, method, data, options):
    """The head of the JSON file: the run, data and settings of the numbers."""
    from tfmask.ops.package_versions import package_versions

    return {
        "run": str(run),
        "method": config.method_name,
        "preset": config.preset,
        "mask_kind": method.spec.mask_kind,
        "step": step_of(method),
        "data": data.describe(),
        "split": options.split,
        "limit": options.limit,
        "image_size": config.data.image_size,
        "units": UNITS,
        "versions": package_versions(),
        "date": datetime.datetime.now(datetime.UTC).isoformat("T", "seconds"),
    }


def step_of(method):
    """int, the training steps of a method; None: it does not count them."""
    step = getattr(method, "step", None)
    return None if step is None else int(np.asarray(step))


def open_evaluated(options, config, spec):
    """The data, with its training images if there are any."""
    from data_pipelines.splits import no_images, present_splits
    from tfmask.training.training_data import open_images

    needed = getattr(config.method, "attributes", ())
    splits = present_splits(options.data)
    if options.split not in splits:
        (other,) = splits
        raise UserError(
            f"{no_images(options.data, options.split)} Add them, or measure "
            f"the other images with --split {other}."
        )
    if needed and "train" not in splits:
        splits = ("train", *splits)  # the judge of attributes learns from them
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
        changes["masks_for_training"] = 0  # other data may have fewer
    changed = dataclasses.replace(config.data, **changes)
    return open_images(dataclasses.replace(config, data=changed), spec, splits)


def load_judge(options, config):
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


def context_of(options, method, data, classifier=None):
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
        features=answer_features(options, method),
        thresholds=model_card.read_thresholds(options.run, step_of(method)),
        sequence={
            "per_step": options.instances_per_step,
            "keep_background": options.keep_background,
        },
    )
    if options.segmenter is None or data.layout != "pairs":
        return context
    segmenter = load_segmenter(options.segmenter, data)
    return dataclasses.replace(context, segmenter=segmenter)


def answer_features(options, method):
    """The `FeatureNetwork` that compares answers, or None.

    Raises:
        UserError: the method has only one answer, or the network is broken.
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


def write_evaluation(options, context, head, pages):
    """Measures; writes the numbers and the page.

    Returns:
        (dict of the numbers, path of the page).
    """
    from serving.commands.progress import image_progress
    from tfmask.evaluation.loop import evaluate
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
