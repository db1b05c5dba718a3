"""Whole-set scores: independent of batches, equal to the plain functions."""

import subprocess
import sys

import numpy as np
import pytest

from tfmask import metrics


def a_set(count=7, side=16):
    rng = np.random.default_rng(3)
    source, output = rng.uniform(-1, 1, (2, count, side, side, 3))
    mask = rng.random((count, side, side, 1))
    region = (rng.random((count, side, side, 1)) < 0.4).astype(np.float32)
    return source, output, mask, region


@pytest.mark.parametrize("batch_size", [1, 3, 7])
def test_the_batch_size_does_not_matter(batch_size):
    source, output, mask, region = a_set()
    mask_scores = metrics.MaskScores()
    change_scores = metrics.ChangeScores(data_range=2.0)
    for first in range(0, 7, batch_size):
        part = slice(first, first + batch_size)
        mask_scores.update(mask[part], region[part])
        change_scores.update(source[part], output[part], region[part])

    at_once = metrics.MaskScores()
    at_once.update(mask, region)
    assert mask_scores.result() == at_once.result()
    at_once = metrics.ChangeScores(data_range=2.0)
    at_once.update(source, output, region)
    assert change_scores.result() == at_once.result()


def test_results_are_means_over_images():
    source, output, mask, region = a_set()
    scores = metrics.MaskScores(threshold=0.3)
    scores.update(mask, region)
    result = scores.result()
    iou = metrics.mask_iou(mask, region, threshold=0.3)
    assert result["mask_iou"] == iou.mean()
    assert result["mask_mae"] == metrics.mask_mae(mask, region).mean()
    threshold, best = metrics.best_threshold(metrics.mask_iou_at(mask, region))
    assert result["mask_iou_best"] == best
    assert result["mask_iou_best_threshold"] == threshold

    scores = metrics.ChangeScores(data_range=2.0, dilation=1)
    scores.update(source, output, region)
    result, pair = scores.result(), (source, output, region)
    assert result["background_l1"] == np.nanmean(
        metrics.background_l1(*pair, dilation=1)
    )
    assert result["foreground_l1"] == metrics.foreground_l1(*pair).mean()
    np.testing.assert_allclose(
        result["change_l1"], np.abs(source - output).mean()
    )
    np.testing.assert_allclose(
        result["change_psnr"],
        10 * np.log10(4.0 / np.mean((source - output) ** 2)),
    )


def test_images_without_background_are_left_out():
    source, output, _, region = a_set(count=2)
    region[0] = 1
    scores = metrics.ChangeScores(data_range=2.0)
    scores.update(source, output, region)
    alone = metrics.background_l1(source[1:], output[1:], region[1:])
    assert scores.result()["background_l1"] == alone[0]


def test_without_regions_only_the_whole_image_is_scored():
    source, output, _, _ = a_set()
    scores = metrics.ChangeScores(data_range=2.0)
    scores.update(source, output)
    result = scores.result()
    assert {name for name, value in result.items() if value is None} == {
        "background_l1",
        "foreground_l1",
        "background_psnr",
        "background_exact",
        "background_ssim",
        "background_ssim_far",
    }


def test_nothing_seen_gives_none():
    assert set(metrics.MaskScores().result().values()) == {None}
    assert set(metrics.ChangeScores(data_range=2.0).result().values()) == {None}


def test_metrics_do_not_import_tensorflow():
    code = "import sys, tfmask.metrics; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_a_threshold_of_ones_own_stands_beside():
    _, _, mask, region = a_set()
    plain, scores = metrics.MaskScores(), metrics.MaskScores(own=0.3)
    for each in (plain, scores):
        each.update(mask, region)
    result = scores.result()
    own = result.pop("mask_iou_own")
    assert own == metrics.mask_iou(mask, region, threshold=0.3).mean()
    assert result.pop("mask_iou_own_threshold") == 0.3
    assert result == plain.result()
