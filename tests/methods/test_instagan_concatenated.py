"""InstaGAN's baseline CycleGAN+Seg: all instances of an image are one."""

import numpy as np
import pytest
import tensorflow as tf
from precisions import in_float64
from tiny_methods import (
    Stub,
    instagan,
    instance_batch,
    instance_graph,
    moved,
    term_values,
    weights_of,
)


def cyclegan_seg(**options):
    return instagan(architecture="concatenated", **options)


def union_of(instances):
    """(B, 1, H, W, 1) float32 masks of -1 and 1, in NumPy."""
    return (2 * np.asarray(instances).max(1, keepdims=True) - 1).astype("f")


def four_channels(image, mask):
    return np.concatenate([image, np.asarray(mask)[:, 0]], axis=-1)


def test_losses_are_cyclegans_on_image_and_union():
    method = cyclegan_seg(compiled=False, context_weight=0.0)
    images = instance_batch((3, 2), (2, 1))
    expected = {}
    for source, target in ("ab", "ba"):
        there = method.networks[f"generator_{source}_to_{target}"]
        back = method.networks[f"generator_{target}_to_{source}"]
        judge = method.networks[f"discriminator_{target}"]
        x = images[source]["image"]
        a = union_of(images[source]["instances"])
        y, b = there(x, a)
        doubled = four_channels(x, a)
        expected[f"cycle_{source}"] = np.abs(
            four_channels(*back(y, b)) - doubled
        ).mean()
        expected[f"identity_{source}"] = np.abs(
            four_channels(*back(x, a)) - doubled
        ).mean()
        fake = judge(y, b).scores[0].numpy()
        expected[f"adversarial_{target}"] = ((fake - 1) ** 2).mean()
        real = (
            judge(
                images[target]["image"], union_of(images[target]["instances"])
            )
            .scores[0]
            .numpy()
        )
        expected[f"discriminator_{target}"] = 0.5 * (
            ((real - 1) ** 2).mean() + (fake**2).mean()
        )
    losses = method.compute_losses(images, training=False)
    values = term_values(losses)
    assert values == pytest.approx(expected, rel=1e-4)


def test_one_step_trains_all_networks_on_all_instances():
    method = cyclegan_seg(instances_max=3, instances_per_step=2)
    assert (method.substeps, method.slots) == (1, 1)
    before = weights_of(method)
    method.train_step(instance_batch((3, 0), (1, 1)))
    assert moved(method, before) == set(before)
    updates = method.optimizers["generator"].iterations
    assert int(updates.numpy()) == 1


@pytest.mark.parametrize("per_step", [None, 0, 2])
def test_pieces_of_the_outline_come_back_in_their_slots(per_step):
    """Of an unchanged outline they are the instances themselves."""
    method = cyclegan_seg(compiled=False)
    method.generator_a_to_b = stub = Stub(lambda x, a, valid: (x + 0.5, a))
    batch = instance_batch((3, 1), (1, 1), slots=4)["a"]
    batch.pop("region", None)
    order = [2, 3, 0, 1]
    batch["instances"] = tf.gather(batch["instances"], order, axis=1)
    translation = method.translate(batch, per_step=per_step)
    assert len(stub.inputs) == 1
    np.testing.assert_allclose(translation["image"], batch["image"] + 0.5)
    np.testing.assert_array_equal(translation["instances"], batch["instances"])
    np.testing.assert_array_equal(
        translation["mask"], batch["instances"].numpy().max(1)
    )


def test_one_graph_cuts_any_number_of_pieces(float64):
    # Rounding differs, because a graph of any size has other operations.
    method = cyclegan_seg(compiled=False)
    graph = instance_graph(method)
    for counts, slots in (((3, 0), 3), ((2,), 5), ((0,), 0)):
        batch = instance_batch(counts, (0,), slots=slots)["a"]
        batch = in_float64({n: batch[n] for n in ("image", "instances")})
        expected = method.translate(batch)
        for name, value in graph(batch).items():
            np.testing.assert_allclose(value, expected[name], atol=1e-12)
        outlines = expected["instances"].numpy()
        assert outlines.shape == batch["instances"].shape
        there = batch["instances"].numpy().any((2, 3, 4))
        np.testing.assert_array_equal(outlines.any((2, 3, 4)), there)


@pytest.mark.parametrize("slots", [0, 2])
def test_without_instances_the_input_comes_back(slots):
    method = cyclegan_seg(compiled=False)
    image = instance_batch()["a"]["image"]
    empty = np.zeros((2, slots, *image.shape[1:3], 1), np.float32)
    translation = method.translate({"image": image, "instances": empty})
    np.testing.assert_array_equal(translation["image"], image)
    np.testing.assert_array_equal(translation["instances"], empty)
    assert np.all(translation["mask"] == 0)
