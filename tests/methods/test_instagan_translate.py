"""InstaGAN's inference: sequence, order, any number of instances."""

import numpy as np
import pytest
import tensorflow as tf
from precisions import in_float64
from tiny_methods import SIDE, Stub, instagan, instance_batch, instance_graph


def inputs(counts=(3, 1), slots=3):
    batch = instance_batch(counts, (1,) * len(counts), slots)["a"]
    return {name: batch[name] for name in ("image", "instances")}


def replaced(batch, instances):
    return {**batch, "instances": tf.constant(instances)}


def watched(method):
    stub = Stub(method.generator_a_to_b)
    method.generator_a_to_b = stub
    return stub


def test_slots_come_back_in_their_order():
    method, order = instagan(compiled=False), [2, 0, 1]
    batch = inputs((3, 3))
    translation = method.translate(batch)
    mixed = method.translate(
        replaced(batch, batch["instances"].numpy()[:, order])
    )
    np.testing.assert_allclose(mixed["image"], translation["image"], atol=1e-5)
    np.testing.assert_allclose(mixed["mask"], translation["mask"], atol=1e-5)
    np.testing.assert_allclose(
        mixed["instances"],
        translation["instances"].numpy()[:, order],
        atol=1e-5,
    )


def test_empty_slots_change_nothing_wherever_they_are():
    method = instagan(compiled=False)
    batch = inputs((3, 3))
    translation = method.translate(batch)
    spread = np.zeros((2, 7, SIDE, SIDE, 1), np.float32)
    spread[:, [1, 4, 6]] = batch["instances"]
    wide = method.translate(replaced(batch, spread))
    np.testing.assert_allclose(wide["image"], translation["image"], atol=1e-5)
    np.testing.assert_allclose(
        wide["instances"].numpy()[:, [1, 4, 6]],
        translation["instances"],
        atol=1e-5,
    )
    assert np.all(wide["instances"].numpy()[:, [0, 2, 3, 5]] == 0.0)


@pytest.mark.parametrize("slots", [0, 2])
def test_without_instances_the_input_comes_back(slots):
    method = instagan(compiled=False)
    batch = inputs()
    empty = np.zeros((2, slots, SIDE, SIDE, 1), np.float32)
    translation = method.translate(replaced(batch, empty))
    np.testing.assert_array_equal(translation["image"], batch["image"])
    assert np.all(translation["mask"] == 0.0)
    assert translation["instances"].shape == empty.shape


def test_examples_of_a_batch_do_not_mix():
    method = instagan(compiled=False)
    batch = inputs((3, 1))
    together = method.translate(batch)
    for number in (0, 1):
        one = slice(number, number + 1)
        alone = method.translate({k: v[one] for k, v in batch.items()})
        # 1e-4: three generators in a row amplify rounding.
        np.testing.assert_allclose(
            together["image"][one], alone["image"], atol=1e-4
        )


@pytest.mark.parametrize(
    ("per_step", "calls"), [(None, 3), (1, 3), (2, 2), (3, 1), (9, 1), (0, 1)]
)
def test_number_of_generator_calls(per_step, calls):
    method = instagan(compiled=False)
    stub = watched(method)
    method.translate(inputs((3, 1), slots=5), per_step=per_step)
    assert len(stub.inputs) == calls


def test_one_call_for_all_equals_the_sequence_of_one_step():
    method = instagan(compiled=False)
    batch = inputs((3, 3))
    for per_step in (3, 4, 9):
        np.testing.assert_allclose(
            method.translate(batch, per_step=per_step)["image"],
            method.translate(batch, per_step=0)["image"],
            atol=1e-5,
        )


def test_the_largest_instance_goes_first():
    method = instagan(compiled=False)
    batch, seen = inputs((3, 3)), []

    def generator(image, masks, valid):
        seen.append(int((masks.numpy()[0] > 0).sum()))
        return image, masks

    method.generator_a_to_b = generator
    method.translate(batch)
    assert seen == sorted(seen, reverse=True) and len(set(seen)) == 3


def test_the_mask_is_the_union_of_the_translated_ones():
    translation = instagan(compiled=False).translate(inputs((3, 3)))
    union = np.clip(translation["instances"].numpy().sum(1), 0, 1)
    np.testing.assert_allclose(translation["mask"], union, atol=1e-6)


def test_kept_background_is_the_input_outside_of_all_masks():
    method = instagan(compiled=False, keep_background=True)
    method.generator_a_to_b = lambda image, masks, valid: (
        tf.ones_like(image),
        masks,
    )
    batch = inputs((1, 1))
    translated = method.translate(batch)["image"].numpy()
    inside = batch["instances"].numpy().max(1) > 0
    inside = np.broadcast_to(inside, translated.shape)
    np.testing.assert_array_equal(
        translated[~inside], batch["image"].numpy()[~inside]
    )
    np.testing.assert_allclose(translated[inside], 1.0, atol=1e-6)


@pytest.mark.medium
def test_one_graph_takes_any_number_of_instances(float64):
    # Rounding differs, because a graph of any size has other operations.
    method = instagan(compiled=False)
    graph = instance_graph(method)
    for counts, slots in (((3, 1), 3), ((2,), 5), ((1, 1, 1), 1)):
        batch = in_float64(inputs(counts, slots))
        expected = method.translate(batch)
        for name, value in graph(batch).items():
            np.testing.assert_allclose(value, expected[name], atol=1e-12)
    assert graph.experimental_get_tracing_count() == 1


@pytest.mark.parametrize("size", [(4, 8), (16, 16)])
def test_masks_of_another_size_are_refused(size):
    batch = replaced(inputs(), np.zeros((2, 3, *size, 1), np.float32))
    with pytest.raises(ValueError, match=r"\(8, 8\). Got: ") as error:
        instagan(compiled=False).translate(batch)
    assert f"Got: {size}" in str(error.value)
