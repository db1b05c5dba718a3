"""Instances from label maps: images whose pixels are numbers."""

import functools

import numpy as np
import scipy.ndimage

from data_pipelines.prepare.candidates import (
    Candidate,
    list_images,
    scanned,
)
from data_pipelines.prepare.pixels import read_numbers
from serving.commands.pictures import size_problem
from tfmask.ops.errors import UserError

# Formats that keep every value.
SUFFIXES = (".png", ".bmp", ".tif", ".tiff")


def list_candidates(images, folder, labels, report, *, split=False):
    """Pairs images with the label maps of the same name.

    Args:
        images: folder of the image files.
        folder: folder of the label maps.
        labels: ints whose pixels are the object; empty when every value
            but 0 is an instance.
        report: `Report`; gets maps without an image, or of one name.
        split: bool; each connected part of the labels' pixels is an
            instance.

    Returns:
        list of `Candidate` in natural order of the images.

    Raises:
        UserError: there is no such folder.
    """
    paths = list_images(images, report)
    maps = {}
    for path, _ in scanned(folder, "--label-maps").images:
        if path.suffix.lower() in SUFFIXES:
            first = maps.setdefault(path.stem, path)
            if first is not path:
                report.add_bad(str(path), f"has the same name as {first}")
    for stem in maps.keys() - {path.stem for path in paths}:
        report.add_bad(
            str(images / stem), f"is missing, for the label map {maps[stem]}"
        )
    return [
        Candidate(
            path=path,
            masks=functools.partial(
                _masks,
                maps.get(path.stem, folder / f"{path.stem}.png"),
                labels,
                split,
            ),
        )
        for path in paths
    ]


def _masks(path, labels, split, shape, crop):
    try:
        values = read_numbers(path)
    except UserError as error:
        raise UserError(f"its label map {path} {error}") from error
    problem = size_problem(shape, values.shape, f"its label map {path}")
    if problem:
        raise UserError(problem)
    if labels:
        values = np.isin(values, labels).astype(np.uint8)
    if split:
        values, _ = scipy.ndimage.label(values)
    cropped = crop(values)
    for value in np.unique(values):
        if value != 0:
            yield cropped == value
