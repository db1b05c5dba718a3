"""What critic methods share: their step on replicas."""

import numpy as np
import pytest
from replicas import assert_equal_to_one_device
from tiny_attribute_methods import edit_batch, edit_method

from tfmask.ops.errors import UserError

pytestmark = pytest.mark.both_stacks


def with_cam():
    """CAM-consistency's second order and its own phases."""
    return edit_method(
        "cam_stargan",
        rate=0.001,
        critic_steps=2,
        cam_start_epoch=1,
        cam_full_epoch=1,
    )


@pytest.mark.medium
def test_two_replicas_equal_one_device(two_replicas):
    """Three critic steps, of which one has the generator's after it."""
    batches = [edit_batch(seed=seed) for seed in range(3)]
    assert_equal_to_one_device(two_replicas, with_cam, batches)


@pytest.mark.parametrize("name", ["stargan", "cam_stargan"])
def test_plain_fit_refuses_several_replicas(two_replicas, name):
    with two_replicas.scope():
        method = edit_method(name)
    with pytest.raises(UserError, match="on one device.*Got: 2"):
        two_replicas.run(method.train_step, args=(edit_batch(),))


def test_the_generator_is_a_phase_on_replicas_only(two_replicas):
    options = {"critic_steps": 3, "compiled": False}
    alone = edit_method("stargan", **options)
    with two_replicas.scope():
        mirrored = edit_method("stargan", **options)
    assert {alone.phase_at(step) for step in range(9)} == {()}
    due = [bool(mirrored.phase_at(step)) for step in range(9)]
    np.testing.assert_array_equal(np.flatnonzero(due), [2, 5, 8])
