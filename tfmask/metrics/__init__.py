"""Scores of masks and of what a translation changed, in NumPy float64.

No TensorFlow: arrays go in, numbers come out. Everything works on a batch
(first axis = image) and gives one number an image; `accumulators` puts a
whole set together and does not depend on how it was cut into batches.
"""

from tfmask.metrics.accumulators import ChangeScores, MaskScores
from tfmask.metrics.background import (
    background_l1,
    background_mse,
    background_ssim,
    foreground_l1,
    psnr,
    psnr_of_set,
    ssim_map,
)
from tfmask.metrics.instances import (
    changed_share,
    context_l1,
    instances_kept,
)
from tfmask.metrics.masks import (
    THRESHOLDS,
    best_threshold,
    mask_average_precision,
    mask_energy_inside,
    mask_f_beta,
    mask_iou,
    mask_iou_at,
    mask_mae,
    mask_precision,
    mask_recall,
    mask_roc_auc,
)

__all__ = [
    "THRESHOLDS",
    "ChangeScores",
    "MaskScores",
    "background_l1",
    "background_mse",
    "background_ssim",
    "best_threshold",
    "changed_share",
    "context_l1",
    "foreground_l1",
    "instances_kept",
    "mask_average_precision",
    "mask_energy_inside",
    "mask_f_beta",
    "mask_iou",
    "mask_iou_at",
    "mask_mae",
    "mask_precision",
    "mask_recall",
    "mask_roc_auc",
    "psnr",
    "psnr_of_set",
    "ssim_map",
]
