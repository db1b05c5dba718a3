"""FCN-scores of translations between photographs and label maps.

A translated label map is read by its colours. A translated photograph is read
by a segmenter, a run of `tfmask train segmenter`.
"""

from tfmask.evaluation.measures.measure import Measure
from tfmask.metrics import SegmentationScores, nearest_classes

VOID = 255  # the truth of a pixel that belongs to no class
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


class Labels(Measure):
    """Scores of the classes in translations, where one side is label maps."""

    needs = frozenset({"partner"})

    def __init__(self, context, title):
        super().__init__(context, title)
        source, target = title[0], title[-1]
        palettes, segmenter = context.data.palettes, context.segmenter
        self._at_target, self._see = target in palettes, lambda images: images
        self._palette, note = palettes.get(target), BY_COLOUR
        if not self._at_target:
            note = NO_SEGMENTER if source in palettes else NO_PALETTE
            if source in palettes and segmenter is not None:
                self._palette, note = palettes[source], BY_SEGMENTER
                self._see = segmenter.colour
        self._notes = [note.format(direction=title, segmenter=segmenter)]
        if self._palette is not None:
            self._notes.append(HOW.format(absent=ABSENT[context.absent]))

    def scores(self):
        if self._palette is None:
            return SegmentationScores(1)
        return SegmentationScores(
            len(self._palette.colours),
            ignore=VOID,
            absent=self.context.absent,
        )

    def add(self, scores, answer, example):
        if self._palette is not None:
            labels = example.partner if self._at_target else example.image
            truth = true_classes(labels, self._palette)
            label_map = self._see(answer["image"])
            scores.update(
                truth, nearest_classes(label_map, self._palette.colours)
            )

    def notes(self):
        return self._notes
