"""Synthetic attributes: exact regions, independent switches."""

import numpy as np
import pytest

from data_pipelines.attribute_scenes import NAMES, draw
from tfmask.ops.errors import UserError

SIZE = (48, 48)


@pytest.mark.parametrize("position", range(len(NAMES)))
def test_a_switch_changes_its_region_and_nothing_else(position):
    for index in range(6):
        image, attributes, regions = draw(1, "train", index, SIZE)
        other = attributes.copy()
        other[position] = 1 - other[position]
        switched, values, same = draw(1, "train", index, SIZE, attributes=other)
        np.testing.assert_array_equal(values, other)
        np.testing.assert_array_equal(same, regions)
        changed = (switched != image).any(-1)
        region = regions[..., position]
        assert not changed[~region].any()
        assert region.sum() > 30
        assert changed[region].mean() > 0.9


def test_regions_do_not_overlap():
    _, _, regions = draw(0, "test", 3, SIZE)
    assert regions.sum(-1).max() == 1


def test_attributes_are_independent_halves():
    drawn = np.array([draw(2, "train", n, (8, 8))[1] for n in range(400)])
    np.testing.assert_allclose(drawn.mean(0), 0.5, atol=0.1)
    assert np.abs(np.corrcoef(drawn.T) - np.eye(3)).max() < 0.15


def test_images_depend_on_seed_split_and_index_alone():
    image, *_ = draw(0, "train", 0, SIZE)
    np.testing.assert_array_equal(image, draw(0, "train", 0, SIZE)[0])
    for key in ((1, "train", 0), (0, "test", 0), (0, "train", 1)):
        assert (draw(*key, SIZE)[0] != image).mean() > 0.5


def test_three_attributes_and_no_other_number():
    with pytest.raises(UserError, match="3 attributes.*cap, stripe.*Got: 2"):
        draw(0, "train", 0, SIZE, attributes=[1, 0])
