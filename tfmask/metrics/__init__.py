"""Scores of masks, changes and whole sets of images, in NumPy float64.

The functions take arrays and return numbers. They do not use TensorFlow. Scores
of masks and changes take a batch (first axis = image) and give one number for
each image. `accumulators` combines the scores of a whole set. Its result does
not depend on the sizes of the batches. Distances between sets (KID, FID) take
the features of all images.
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
from tfmask.metrics.classification import classification_accuracy
from tfmask.metrics.frechet_distance import (
    FeatureMoments,
    Moments,
    frechet_distance,
)
from tfmask.metrics.inception_score import (
    ConditionalInceptionScore,
    InceptionScore,
    conditional_inception_score,
    inception_score,
    softmax,
)
from tfmask.metrics.instances import (
    area_ratio,
    changed_share,
    context_l1,
    instances_kept,
)
from tfmask.metrics.kernel_distance import (
    SourceTargetDistance,
    kernel_distance,
    kernel_distance_of_blocks,
    kernel_distance_of_subsets,
    source_target_kernel_distance,
)
from tfmask.metrics.masks import (
    LEVELS,
    THRESHOLDS,
    best_threshold,
    mask_average_precision,
    mask_energy_inside,
    mask_f_beta,
    mask_f_beta_at,
    mask_iou,
    mask_iou_at,
    mask_mae,
    mask_precision,
    mask_precision_recall_at,
    mask_recall,
    mask_roc_auc,
)
from tfmask.metrics.perceptual_distance import (
    perceptual_distance,
    perceptual_diversity,
)
from tfmask.metrics.segmentation_scores import (
    SegmentationScores,
    nearest_classes,
)
from tfmask.metrics.threshold import mask_histogram, otsu_threshold

__all__ = [
    "LEVELS",
    "THRESHOLDS",
    "ChangeScores",
    "ConditionalInceptionScore",
    "FeatureMoments",
    "InceptionScore",
    "MaskScores",
    "Moments",
    "SegmentationScores",
    "SourceTargetDistance",
    "area_ratio",
    "background_l1",
    "background_mse",
    "background_ssim",
    "best_threshold",
    "changed_share",
    "classification_accuracy",
    "conditional_inception_score",
    "context_l1",
    "foreground_l1",
    "frechet_distance",
    "inception_score",
    "instances_kept",
    "kernel_distance",
    "kernel_distance_of_blocks",
    "kernel_distance_of_subsets",
    "mask_average_precision",
    "mask_energy_inside",
    "mask_f_beta",
    "mask_f_beta_at",
    "mask_histogram",
    "mask_iou",
    "mask_iou_at",
    "mask_mae",
    "mask_precision",
    "mask_precision_recall_at",
    "mask_recall",
    "mask_roc_auc",
    "nearest_classes",
    "otsu_threshold",
    "perceptual_distance",
    "perceptual_diversity",
    "psnr",
    "psnr_of_set",
    "softmax",
    "source_target_kernel_distance",
    "ssim_map",
]
