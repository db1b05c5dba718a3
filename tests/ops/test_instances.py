"""Sets of masks: what is empty, what comes first, what a union is."""

import numpy as np
import pytest
import tensorflow as tf
from scipy.ndimage import distance_transform_cdt

from tfmask.ops import instances as sets

SIDE = 4


def squares(*areas):
    """(1, N, 4, 4, 1) masks in [-1, 1] of these areas, from the top left."""
    masks = np.full((1, len(areas), SIDE * SIDE), -1.0, np.float32)
    for slot, area in enumerate(areas):
        masks[0, slot, :area] = 1.0
    return masks.reshape(1, len(areas), SIDE, SIDE, 1)


def areas_of(masks):
    return (np.asarray(masks) > 0).sum((2, 3, 4)).tolist()


def test_instances_in_0_to_1_and_masks_in_minus_1_to_1():
    instances = np.array([0, 1], np.uint8).reshape(1, 2, 1, 1, 1)
    masks = sets.signed(instances)
    assert masks.dtype == tf.float32
    assert masks.numpy().ravel().tolist() == [-1.0, 1.0]
    np.testing.assert_array_equal(sets.memberships(masks), instances)


def test_empty_is_exactly_minus_one():
    masks = squares(0, 0, 3)
    masks[0, 1, 0, 0] = np.nextafter(np.float32(-1), np.float32(0))
    np.testing.assert_array_equal(sets.occupied(masks), [[False, True, True]])
    assert sets.count(masks).numpy().tolist() == [2]


def test_a_union_counts_overlaps_once():
    one, two = squares(6), squares(4, 6)
    np.testing.assert_array_equal(sets.union(one), sets.union(two))
    soft = np.stack([one[0, 0] * 0.0, one[0, 0] * 0.0 - 0.5])[None]
    np.testing.assert_allclose(sets.union(soft), 0.75)
    assert not np.any(sets.union(one[:, :0]))


def test_the_largest_goes_first_and_equal_ones_keep_their_order():
    order = sets.order_by_area(squares(2, 0, 5, 2, 0, 7))
    assert order.numpy().tolist() == [[5, 2, 0, 3, 1, 4]]


def test_the_largest_are_kept():
    assert areas_of(sets.largest(squares(2, 0, 5, 7), 2)) == [[7, 5]]
    assert areas_of(sets.largest(squares(2, 5), 4)) == [[5, 2]]


def test_a_mixed_order_keeps_the_largest_and_ends_with_empty_slots():
    seen = {
        tuple(areas_of(sets.largest(squares(0, 2, 0, 5), 3, [seed, 1]))[0])
        for seed in range(20)
    }
    assert seen == {(2, 5, 0), (5, 2, 0)}


def test_slots_are_appended_and_replaced():
    masks = sets.with_slots(squares(2, 5), 4)
    assert areas_of(masks) == [[2, 5, 0, 0]]
    assert np.all(masks[:, 2:] == -1.0)
    assert areas_of(sets.put(masks, squares(9, 8), 1)) == [[2, 9, 8, 0]]


@pytest.mark.parametrize("first", [0, 2])
def test_xla_replaces_slots_whose_place_it_does_not_know(first):
    compiled = tf.function(sets.put, jit_compile=True)
    masks, part = squares(1, 2, 3, 4), squares(9, 8)
    expected = [[9, 8, 3, 4], [], [1, 2, 9, 8]][first]
    assert areas_of(compiled(masks, part, tf.constant(first))) == [expected]


def test_folding_puts_the_slots_of_an_example_side_by_side():
    masks = np.concatenate([squares(1, 2), squares(3, 4)])
    folded = sets.fold(masks)
    assert (folded.numpy() > 0).sum((1, 2, 3)).tolist() == [1, 2, 3, 4]
    np.testing.assert_array_equal(sets.unfold(folded, 2), masks)


@pytest.mark.parametrize(
    ("valid", "expected"),
    [
        ([False, False], [True, False]),
        ([False, True], [False, True]),
        ([True, True], [True, True]),
    ],
)
def test_a_sum_over_instances_is_never_void(valid, expected):
    slots = sets.first_if_none(tf.constant([valid]))
    assert slots.numpy().tolist() == [expected]


def test_only_valid_slots_are_summed():
    features = tf.reshape(tf.constant([1.0, 10.0, 100.0]), (1, 3, 1, 1, 1))
    valid = tf.constant([[True, False, True]])
    assert sets.sum_valid(features, valid).numpy().item() == 101.0


def test_stacked_channels_are_the_image_and_one_a_mask():
    image, masks = np.zeros((1, SIDE, SIDE, 3), np.float32), squares(2, 5)
    planes = sets.stacked(image, masks)
    np.testing.assert_array_equal(planes[..., 4], masks[:, 1, ..., 0])
    for one, other in zip(sets.unstacked(planes), (image, masks), strict=True):
        np.testing.assert_array_equal(one, other)


def test_merged_instances_are_their_union():
    masks = squares(6, 4, 9)
    np.testing.assert_array_equal(sets.merged(masks), squares(9))
    assert np.all(sets.merged(masks[:, :0]) == -1)


def test_an_outline_is_shared_out_to_the_nearest_instances():
    random = np.random.default_rng(4)
    outline = random.uniform(-1, 1, (3, 1, 7, 11, 1)).astype("float32")
    masks = np.full((3, 4, 7, 11, 1), -1, "float32")
    # Two that touch nothing, an empty one, and one that overlaps the first.
    masks[0, 0, :2, :3] = masks[0, 1, 5:, 9:] = masks[0, 3, 1:4, 2:5] = 1
    masks[1, 2, 3, 10] = 1
    distances = np.full(masks.shape, np.inf)
    for place in (0, 0), (0, 1), (0, 3), (1, 2):
        distances[place] = distance_transform_cdt(
            masks[place][..., 0] < 0, "chessboard"
        )[..., None]
    nearest = distances == distances.min(axis=1, keepdims=True)
    nearest &= np.isfinite(distances)
    shares = sets.shared_out(outline, masks)
    np.testing.assert_array_equal(shares, np.where(nearest, outline, -1))
    assert np.all(shares.numpy()[2] == -1)
    assert sets.shared_out(outline, masks[:, :0]).shape == (3, 0, 7, 11, 1)
