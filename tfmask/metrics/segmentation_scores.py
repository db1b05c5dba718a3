"""FCN-scores: how far label maps agree, over a whole set."""

import numpy as np

from tfmask.ops.arrays import image_to_uint8

ABSENT = ("zero", "skip")


def nearest_classes(images, colours):
    """The class whose colour is nearest to each pixel's.

    The squared distance decides. If two distances are equal, the first class
    wins.

    Args:
        images: (..., 3) uint8, or float in [-1, 1]. Floats are rounded to uint8
            first, as in a PNG.
        colours: (K, 3) int, R, G, B in 0..255 of the classes 0, 1, ...

    Returns:
        (...) int64, class numbers.
    """
    pixels = np.asarray(images)
    if pixels.dtype != np.uint8:
        pixels = image_to_uint8(pixels)
    pixels = pixels.astype(np.int32)
    nearest = np.zeros(pixels.shape[:-1], np.int64)
    least = np.full(pixels.shape[:-1], np.iinfo(np.int32).max, np.int32)
    # This takes one class after the other. All classes at once would need K
    # times the memory.
    for number, colour in enumerate(np.asarray(colours, np.int32)):
        distance = np.square(pixels - colour).sum(axis=-1, dtype=np.int32)
        nearest[distance < least] = number
        least = np.minimum(least, distance)
    return nearest


class SegmentationScores:
    """Per-pixel accuracy, per-class accuracy and class IoU of label maps.

    Confusion counts n_ij (i the truth, j the prediction) are summed over
    the set; with t_i = sum_j n_ij the scores are

        pixel_accuracy = sum_i n_ii / sum_i t_i
        class_accuracy = mean_i n_ii / t_i
        class_iou = mean_i n_ii / (t_i + sum_j n_ji - n_ii)

    The scores are not averages over the scores of images.

    Args:
        classes: int, how many classes.
        ignore: int or None; pixels with this number as truth are left out.
        absent: "zero" takes 0 / 0 as 0, as in the reference. Then a class that
            no image has lowers the mean, and a perfect prediction can score
            less than 1. "skip" leaves such classes out of the mean.

    Raises:
        ValueError: `absent` is neither "zero" nor "skip".

    Paper: pix2pix (Isola et al. 2017), the FCN-scores of its Cityscapes
    tables. From the authors' code: there a predicted number that is no class is
    counted in another cell, or drops its image. Here it is an error.

    Examples:
        >>> scores = SegmentationScores(2)
        >>> scores.update([0, 0, 1, 1], [0, 1, 1, 1])
        >>> scores.result()["pixel_accuracy"]
        0.75
    """

    def __init__(self, classes, *, ignore=None, absent="zero"):
        if absent not in ABSENT:
            raise ValueError(
                f"`absent` must be one of {', '.join(ABSENT)}. Got: {absent!r}"
            )
        self.ignore = ignore
        self.absent = absent
        self.matrix = np.zeros((classes, classes), np.int64)

    def update(self, truth, predicted):
        """Adds pixels: two int arrays of one shape.

        Raises:
            ValueError: the shapes differ, or a number is no class.
        """
        truth, predicted = np.asarray(truth), np.asarray(predicted)
        if truth.shape != predicted.shape:
            raise ValueError(
                "`truth` and `predicted` must have one shape. Got: "
                f"{truth.shape} and {predicted.shape}"
            )
        if self.ignore is not None:
            counted = truth != self.ignore
            truth, predicted = truth[counted], predicted[counted]
        classes = len(self.matrix)
        for name, numbers in (("truth", truth), ("predicted", predicted)):
            wrong = numbers[(numbers < 0) | (numbers >= classes)]
            if wrong.size:
                raise ValueError(
                    f"`{name}` must hold classes from 0 to {classes - 1}. "
                    f"Got: {wrong.flat[0]}"
                )
        cells = truth.astype(np.int64).ravel() * classes + predicted.ravel()
        counts = np.bincount(cells, minlength=classes**2)
        self.matrix += counts.reshape(classes, classes)

    def result(self):
        """The scores of everything so far.

        Returns:
            dict of `pixel_accuracy`, `class_accuracy` and `class_iou`, float
            in [0, 1]; None before the first pixel that counts.
        """
        if not self.matrix.any():
            names = ("pixel_accuracy", "class_accuracy", "class_iou")
            return dict.fromkeys(names)
        correct = np.diag(self.matrix)
        true, predicted = self.matrix.sum(axis=1), self.matrix.sum(axis=0)
        return {
            "pixel_accuracy": float(correct.sum() / true.sum()),
            "class_accuracy": self._mean(correct, true),
            "class_iou": self._mean(correct, true + predicted - correct),
        }

    def _mean(self, part, whole):
        """Mean over classes of part / whole, with absent ones as asked."""
        known = whole > 0
        count = known.sum() if self.absent == "skip" else len(whole)
        return float(np.sum(part[known] / whole[known]) / count)
