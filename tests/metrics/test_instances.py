"""Numbers of instance translations, known by hand."""

import numpy as np

from tfmask.metrics import (
    area_ratio,
    changed_share,
    context_l1,
    instances_kept,
)


def arrays():
    """Two images of 4x4; the left half is the instance of the first."""
    source = np.zeros((2, 4, 4, 3))
    masks = np.zeros((2, 2, 4, 4, 1))
    masks[0, 0, :, :2] = 1.0
    return source, masks


def test_context_counts_what_lies_in_no_mask():
    source, masks = arrays()
    outlines = np.zeros_like(masks)
    outlines[0, 0, :, 2] = 0.9  # inside
    outlines[0, 1, :, 3] = 0.5  # not inside: 0.5 is no more than a half
    translated = source.copy()
    translated[0, :, :3] = 1.0  # covered by a mask, before or after
    translated[0, :, 3, 0] = 0.6  # a third of the channels
    np.testing.assert_allclose(
        context_l1(source, translated, masks, outlines), [0.2, 0.0]
    )


def test_context_without_background_is_not_a_number():
    source, masks = arrays()
    masks[:] = 1.0
    assert np.isnan(context_l1(source, source, masks, masks)).all()


def test_changed_share_counts_pixels_above_a_twentieth():
    source, _ = arrays()
    translated = source.copy()
    translated[0, 0, 0] = 0.11
    translated[0, 0, 1] = 0.09
    translated[0, 0, 2, 0] = 0.33
    np.testing.assert_allclose(changed_share(source, translated), [2 / 16, 0.0])


def test_instances_are_kept_while_they_have_four_pixels():
    _, masks = arrays()
    masks[0, 1, :, 3] = 1.0
    outlines = np.zeros_like(masks)
    outlines[0, 0, 0, :3] = 1.0
    np.testing.assert_allclose(instances_kept(masks, outlines), [0.0, np.nan])
    outlines[0, 1, 0] = 1.0
    np.testing.assert_allclose(instances_kept(masks, outlines), [0.5, np.nan])


def test_area_ratio_is_a_geometric_mean_of_what_is_still_there():
    def squares(*sides):
        masks = np.zeros((1, len(sides), 16, 16, 1))
        for slot, side in enumerate(sides):
            masks[0, slot, :side, :side] = 1
        return masks

    originals = squares(4, 4, 4, 0)
    ratio, beyond = area_ratio(originals, squares(8, 4, 1, 9))
    # Four times, once; one is gone; the last was never there.
    np.testing.assert_allclose(ratio, [2.0])
    np.testing.assert_allclose(beyond, [2 / 3])
    ratio, beyond = area_ratio(squares(0), squares(4))
    assert np.isnan([*ratio, *beyond]).all()
