"""Scores of a whole set, fed batch by batch.

They keep the numbers of every image (about 1 kB each) and average once at the
end. So the result does not depend on the batch size, not even in its last bit.
The images of a smaller last batch do not weigh more.
"""

import numpy as np

from tfmask.metrics import background, masks


class MaskScores:
    """Scores of soft masks against true regions, averaged over images.

    Args:
        threshold: float; masks are cut at `> threshold` for all scores except
            the other IoUs and the mean error.
        own: float, the threshold that the run of the masks chose for itself, or
            None.

    Examples:
        >>> scores = MaskScores()
        >>> scores.update(np.ones((2, 4, 4, 1)), np.ones((2, 4, 4, 1)))
        >>> scores.result()["mask_iou"]
        1.0
    """

    def __init__(self, threshold=0.5, own=None):
        self.threshold = threshold
        self.own = own
        self._values = PerImage()

    def update(self, mask, region):
        """Adds a batch: `mask` in [0, 1] and `region` 0/1, (N, H, W[, 1])."""
        self._values.add(
            mask_iou=masks.mask_iou(mask, region, threshold=self.threshold),
            mask_iou_at=masks.mask_iou_at(mask, region),
            mask_mae=masks.mask_mae(mask, region),
            mask_precision=masks.mask_precision(
                mask, region, threshold=self.threshold
            ),
            mask_recall=masks.mask_recall(
                mask, region, threshold=self.threshold
            ),
        )
        if self.own is not None:
            iou = masks.mask_iou(mask, region, threshold=self.own)
            self._values.add(mask_iou_own=iou)

    def result(self):
        """The averages so far.

        Returns:
            dict of float or None (None before the first batch): `mask_iou`,
            `mask_iou_best` and its `mask_iou_best_threshold` (one threshold for
            the set, in steps of 0.01), `mask_mae`, `mask_precision`,
            `mask_recall`. With `own` there are also `mask_iou_own` and
            `mask_iou_own_threshold`.
        """
        values = self._values
        result = {"mask_iou": values.mean("mask_iou")}
        if self.own is not None:
            result["mask_iou_own"] = values.mean("mask_iou_own")
            result["mask_iou_own_threshold"] = self.own
        scores = values.get("mask_iou_at")
        threshold, best = (
            masks.best_threshold(scores) if scores.size else (None, None)
        )
        result["mask_iou_best"] = best
        result["mask_iou_best_threshold"] = threshold
        for name in ("mask_mae", "mask_precision", "mask_recall"):
            result[name] = values.mean(name)
        return result


class ChangeScores:
    """How much a translation changed, averaged over images.

    Args:
        data_range: float, width of the range of the images (2 for [-1, 1]).
        dilation: int; see `background_l1`.
    """

    def __init__(self, data_range, dilation=0):
        self.data_range = data_range
        self.dilation = dilation
        self._values = PerImage()

    def update(self, source, output, region=None):
        """Adds a batch of (N, H, W, C) images and (N, H, W[, 1]) regions.

        Without `region`, only the numbers of the whole image count.
        """
        everywhere = np.zeros(np.shape(source)[:3], bool)
        similarity = background.ssim_map(
            source, output, data_range=self.data_range
        )
        self._values.add(
            change_l1=background.background_l1(source, output, everywhere),
            change_mse=background.background_mse(source, output, everywhere),
            change_ssim=np.mean(similarity, axis=(1, 2, 3)),
        )
        if region is None:
            return
        pair, wide = (source, output, region), {"dilation": self.dilation}
        reach = self.dilation + background.SSIM_REACH
        self._values.add(
            background_l1=background.background_l1(*pair, **wide),
            foreground_l1=background.foreground_l1(*pair),
            background_mse=background.background_mse(*pair, **wide),
            background_ssim=background.mean_where(
                similarity, background.background_of(region, self.dilation)
            ),
            background_ssim_far=background.mean_where(
                similarity, background.background_of(region, reach)
            ),
        )

    def result(self):
        """The averages so far; images without background are left out.

        Returns:
            dict of float or None (None: there is nothing to average):
            `background_l1`, `foreground_l1`, `background_psnr` (of the mean
            squared error; infinite if all are exact copies), `background_exact`
            (share of exact copies), `background_ssim`, `background_ssim_far`
            (without the 5 pixels next to the object), and `change_l1`,
            `change_psnr`, `change_exact`, `change_ssim` over whole images.
        """
        values = self._values
        result = {
            "background_l1": values.mean("background_l1"),
            "foreground_l1": values.mean("foreground_l1"),
        }
        result.update(self._psnr("background"))
        for name in ("background_ssim", "background_ssim_far", "change_l1"):
            result[name] = values.mean(name)
        result.update(self._psnr("change"))
        result["change_ssim"] = values.mean("change_ssim")
        return result

    def _psnr(self, where):
        errors = self._values.get(f"{where}_mse")
        errors = errors[~np.isnan(errors)]
        value, exact = (
            background.psnr_of_set(errors, data_range=self.data_range)
            if errors.size
            else (None, None)
        )
        return {f"{where}_psnr": value, f"{where}_exact": exact}


class PerImage:
    """Arrays with one entry an image, by name."""

    def __init__(self):
        self._parts = {}

    def add(self, **arrays):
        for name, array in arrays.items():
            self._parts.setdefault(name, []).append(array)

    def get(self, name):
        parts = self._parts.get(name)
        return np.concatenate(parts) if parts else np.empty(0)

    def mean(self, name):
        """Mean over the images that have the number; None if none has."""
        values = self.get(name)
        values = values[~np.isnan(values)]
        return float(np.mean(values)) if values.size else None

    def result(self):
        """dict of all means."""
        return {name: self.mean(name) for name in self._parts}
