"""FCN-scores of translations between photographs and label maps.

A label map that was made is read by its colours. A photograph that was made
is read by a segmenter, a run of `tfmask train segmenter`.
"""

import numpy as np

from tfmask.metrics import SegmentationScores, nearest_classes
from tfmask.ops.errors import UserError
from trainers.translate import compiled_translate

VOID = 255  # the truth of a pixel that belongs to no class
NONE = SegmentationScores(1).result()  # of no pixel
NO_PALETTE = (
    "{direction}: no scores of classes, they need label maps of known "
    "colours: say which domain holds them (`--label-domains`), and put "
    "classes.csv into the folder."
)
NO_SEGMENTER = (
    "{direction}: no scores of classes, they need a segmenter that reads the "
    "photographs: `tfmask train segmenter`, then `--segmenter`."
)
BY_COLOUR = (
    "{direction}: classes of a translation are those of the nearest colours."
)
BY_SEGMENTER = (
    "{direction}: classes of a translation are what the segmenter {segmenter} "
    "sees; `true_partner` is what it sees in the real photographs: the "
    "ceiling, but for translations that are easier to read than those."
)
HOW = (
    "Scores of classes are of the whole set, at the run's image size, without "
    "the true void; {absent}."
)
ABSENT = {
    "zero": "a class that never occurs counts as 0",
    "skip": "classes that never occur are left out of the means",
}


def true_classes(labels, palette):
    """(B, H, W, 3) label maps to (B, H, W) classes; `VOID` is none."""
    classes = nearest_classes(labels, palette.colours + palette.void)
    classes[classes >= len(palette.colours)] = VOID
    return classes


class LabelScores:
    """The scores of one direction, for several rows of a table.

    Args:
        data: `PairedData`.
        direction: "a_to_b" or "b_to_a".
        segmenter: `load_segmenter`'s, or None.
        absent: see `SegmentationScores`.

    Attributes:
        known: bool, whether there is anything to measure.
        notes: list of str, how, or why not.
    """

    def __init__(self, data, direction, *, segmenter=None, absent="zero"):
        source, target = direction[0], direction[-1]
        self.known = True
        if target in data.palettes:
            self._truth, note = target, BY_COLOUR
            self._see = lambda images: images
        elif source in data.palettes and segmenter is not None:
            self._truth, note = source, BY_SEGMENTER
            self._see = segmenter.colour
        else:
            self.known = False
            note = NO_SEGMENTER if source in data.palettes else NO_PALETTE
        self.notes = [note.format(direction=direction, segmenter=segmenter)]
        if self.known:
            self.notes.append(HOW.format(absent=ABSENT[absent]))
            self._palette = data.palettes[self._truth]
            self._absent = absent
            self._scores = {}

    def update(self, pair, rows):
        """Adds a batch.

        Args:
            pair: a batch of `PairedData.test_pairs`.
            rows: dict of row to (B, H, W, 3) images in [-1, 1].
        """
        if not self.known:
            return
        truth = true_classes(pair[self._truth]["image"], self._palette)
        colours = self._palette.colours
        for row, images in rows.items():
            if row not in self._scores:
                self._scores[row] = SegmentationScores(
                    len(colours), ignore=VOID, absent=self._absent
                )
            seen = nearest_classes(self._see(images), colours)
            self._scores[row].update(truth, seen)

    def result(self, row):
        """dict of score to float or None."""
        return self._scores[row].result() if self.known else NONE


class LoadedSegmenter:
    """A run of `tfmask train segmenter` that reads photographs.

    Args:
        run: its folder, for messages.
        method: its `tfmask.methods.Segmenter`.
    """

    def __init__(self, run, method):
        self._name = f"{run}, step {int(np.asarray(method.step))}"
        (direction,) = method.directions
        self._translate = compiled_translate(
            method, direction, *method.image_size
        )

    def __str__(self):
        return self._name

    def colour(self, images):
        """(B, H, W, 3) photographs to label maps, both in [-1, 1]."""
        return self._translate({"image": images})["image"]


def load_segmenter(run, data):
    """The `LoadedSegmenter` of a run folder.

    Args:
        run: path.
        data: `PairedData` that it shall read.

    Raises:
        UserError: it was trained for something else.
    """
    from trainers.runs import load_run

    config, method = load_run(run)
    if config.method_name != "segmenter":
        raise UserError(
            f"`--segmenter` must be a run of `tfmask train segmenter`. "
            f"`{run}` is one of {config.method_name}."
        )
    if method.image_size != data.image_size:
        raise UserError(
            f"The segmenter `{run}` was trained at {method.image_size} "
            f"(height, width), the images are {data.image_size}. Train one "
            "at that size: --image-size "
            f"{' '.join(map(str, data.image_size))}."
        )
    colours = {d: p.colours for d, p in data.palettes.items()}
    if colours.get(config.method.label_domain) != config.method.palette:
        raise UserError(
            f"The segmenter `{run}` knows other classes or another domain of "
            f"label maps than {data.location} has. Train one on it."
        )
    return LoadedSegmenter(run, method)
