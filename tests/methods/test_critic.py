"""What critic methods share: their step on replicas."""

import keras
import numpy as np
import pytest
from replicas import assert_equal_to_one_device
from tiny_edits import edit_batch, edit_method
from tiny_lomit import lomit, pairs

from tfmask.ops.errors import UserError


def with_cam():
    """CAM-consistency's second order and its own phases."""
    return edit_method(
        "cam_stargan",
        rate=0.001,
        critic_steps=2,
        cam_start_epoch=1,
        cam_full_epoch=1,
        cam_floor=0.1,
    )


def with_lomit():
    """LOMIT, whose co-segmentation normalises over the global batch.

    With the smoothness of masks, which is a sum over that batch.
    Without R1: rounding decides the order of pixels of almost equal masks,
    and with it the gradient. The seed keeps all ReLUs away from their kink.
    """
    keras.utils.set_random_seed(0)
    return lomit(
        optimizer=lambda player: keras.optimizers.SGD(0.001),
        critic_steps=2,
        mask_similarity_weight=0.0,
        mask_variation_weight=0.01,
    )


@pytest.mark.parametrize(
    ("make", "batch", "tolerance"),
    [
        (with_cam, edit_batch, 1e-9),
        # Masks are enlarged in float32, the only type of `tf.image.resize`.
        (with_lomit, pairs, 1e-6),
    ],
)
def test_two_replicas_equal_one_device(two_replicas, make, batch, tolerance):
    """Three critic steps, of which one has the generator's after it."""
    batches = [batch(seed=seed) for seed in range(3)]
    assert_equal_to_one_device(two_replicas, make, batches, tolerance)


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
