"""InstaGAN's inference: sequence, order, any number of instances."""

import numpy as np
import pytest
import tensorflow as tf
from tiny_methods import SIDE, Stub, instagan, instance_batch, instance_graph


def inputs(counts=(3, 1), slots=3):
    given = instance_batch(counts, (1,) * len(counts), slots)["a"]
    return {name: given[name] for name in ("image", "instances")}


def replaced(given, instances):
    return {**given, "instances": tf.constant(instances)}


def watched(method):
    stub = Stub(method.generator_a_to_b)
    method.generator_a_to_b = stub
    return stub


def test_slots_come_back_in_their_order():
    method, order = instagan(compiled=False), [2, 0, 1]
    given = inputs((3, 3))
    made = method.translate(given)
    mixed = method.translate(
        replaced(given, given["instances"].numpy()[:, order])
    )
    np.testing.assert_allclose(mixed["image"], made["image"], atol=1e-5)
    np.testing.assert_allclose(mixed["mask"], made["mask"], atol=1e-5)
    np.testing.assert_allclose(
        mixed["instances"], made["instances"].numpy()[:, order], atol=1e-5
    )


def test_empty_slots_change_nothing_wherever_they_are():
    method = instagan(compiled=False)
    given = inputs((3, 3))
    made = method.translate(given)
    spread = np.zeros((2, 7, SIDE, SIDE, 1), np.float32)
    spread[:, [1, 4, 6]] = given["instances"]
    wide = method.translate(replaced(given, spread))
    np.testing.assert_allclose(wide["image"], made["image"], atol=1e-5)
    np.testing.assert_allclose(
        wide["instances"].numpy()[:, [1, 4, 6]], made["instances"], atol=1e-5
    )
    assert np.all(wide["instances"].numpy()[:, [0, 2, 3, 5]] == 0.0)


@pytest.mark.parametrize("slots", [0, 2])
def test_without_instances_the_input_comes_back(slots):
    method = instagan(compiled=False)
    given = inputs()
    empty = np.zeros((2, slots, SIDE, SIDE, 1), np.float32)
    made = method.translate(replaced(given, empty))
    np.testing.assert_array_equal(made["image"], given["image"])
    assert np.all(made["mask"] == 0.0)
    assert made["instances"].shape == empty.shape


def test_examples_of_a_batch_do_not_mix():
    method = instagan(compiled=False)
    given = inputs((3, 1))
    together = method.translate(given)
    for number in (0, 1):
        one = slice(number, number + 1)
        alone = method.translate({k: v[one] for k, v in given.items()})
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
    given = inputs((3, 3))
    for per_step in (3, 4, 9):
        np.testing.assert_allclose(
            method.translate(given, per_step=per_step)["image"],
            method.translate(given, per_step=0)["image"],
            atol=1e-5,
        )


def test_the_largest_instance_goes_first():
    method = instagan(compiled=False)
    given, seen = inputs((3, 3)), []

    def generator(image, masks, valid):
        seen.append(int((masks.numpy()[0] > 0).sum()))
        return image, masks

    method.generator_a_to_b = generator
    method.translate(given)
    assert seen == sorted(seen, reverse=True) and len(set(seen)) == 3


def test_the_mask_is_the_union_of_the_translated_ones():
    made = instagan(compiled=False).translate(inputs((3, 3)))
    union = np.clip(made["instances"].numpy().sum(1), 0, 1)
    np.testing.assert_allclose(made["mask"], union, atol=1e-6)


def test_kept_background_is_the_input_outside_of_all_masks():
    method = instagan(compiled=False, keep_background=True)
    method.generator_a_to_b = lambda image, masks, valid: (
        tf.ones_like(image),
        masks,
    )
    given = inputs((1, 1))
    made = method.translate(given)["image"].numpy()
    inside = given["instances"].numpy().max(1) > 0
    inside = np.broadcast_to(inside, made.shape)
    np.testing.assert_array_equal(
        made[~inside], given["image"].numpy()[~inside]
    )
    np.testing.assert_allclose(made[inside], 1.0, atol=1e-6)


def test_one_graph_takes_any_number_of_instances():
    method = instagan(compiled=False)
    graph = instance_graph(method)
    for counts, slots in (((3, 1), 3), ((2,), 5), ((1, 1, 1), 1)):
        given = inputs(counts, slots)
        expected = method.translate(given)
        for name, value in graph(given).items():
            np.testing.assert_allclose(value, expected[name], atol=1e-5)
    assert graph.experimental_get_tracing_count() == 1


@pytest.mark.parametrize("size", [(4, 8), (16, 16)])
def test_masks_of_another_size_are_refused(size):
    given = replaced(inputs(), np.zeros((2, 3, *size, 1), np.float32))
    with pytest.raises(ValueError, match=r"\(8, 8\). Got: ") as error:
        instagan(compiled=False).translate(given)
    assert f"Got: {size}" in str(error.value)
