"""Exported methods of given instances: any number of them, both forms."""

import numpy as np
import pytest
import tensorflow as tf
from exports import (
    ask,
    assert_openvino_agrees,
    encoded,
    published,
    replayed_by,
    served,
    tiny_method,
)

from serving.protocol.status import INVALID_ARGUMENT, CallError
from tfmask.export.check import check_version, translated

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    return published("instagan", tmp_path_factory)


@pytest.fixture(scope="module")
def servable(exported):
    yield from served(exported[1])


def example(batch=2, count=3, height=13, width=18):
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (batch, height, width, 3), np.uint8)
    instances = np.zeros((batch, count, height, width, 1), np.uint8)
    for slot in range(count):
        instances[:, slot, : 3 + slot, 3 * slot : 3 * slot + 4] = 255
    return image, instances


def test_every_signature_answers_as_the_method(exported, servable):
    check_version(*exported, replay=replayed_by(servable))


@pytest.mark.release
def test_openvino_reads_it_and_agrees(exported):
    assert_openvino_agrees(*exported)


@pytest.mark.parametrize("count", [0, 1, 3, 6])
def test_any_number_of_instances(exported, servable, count):
    image, instances = example(count=count)
    got = ask(servable, "b_to_a", image=image, instances=instances)
    inputs = {"image": image, "instances": instances}
    for name, values in translated(exported[0], "b_to_a", inputs).items():
        assert got[name].shape == values.shape
        assert np.abs(got[name].astype(int) - values).max(initial=0) <= 1
    if count == 0:
        np.testing.assert_array_equal(got["image"], image)


def test_the_baseline_of_one_mask_has_the_same_signatures(tmp_path_factory):
    method = tiny_method("instagan", architecture="concatenated")
    _, version = published(method, tmp_path_factory)
    engine = served(version)
    servable = next(engine)
    for count in (0, 3):
        image, instances = example(count=count)
        inputs = {"image": image, "instances": instances}
        got = ask(servable, "a_to_b", **inputs)
        for name, values in translated(method, "a_to_b", inputs).items():
            assert got[name].shape == values.shape
            assert np.abs(got[name].astype(int) - values).max(initial=0) <= 1
    engine.close()


@pytest.mark.parametrize("count", [0, 2])
def test_files_give_the_same_as_arrays(servable, count):
    image, instances = example(count=count)
    plain = ask(servable, "a_to_b", image=image, instances=instances)
    got = ask(
        servable,
        "a_to_b_encoded",
        image=encoded(image),
        instances=encoded(instances),
    )
    for name, files in got.items():
        assert files.shape == plain[name].shape[:-3]
        for file, values in zip(
            files.ravel(),
            plain[name].reshape(-1, *plain[name].shape[-3:]),
            strict=True,
        ):
            np.testing.assert_array_equal(tf.io.decode_png(file), values)


def test_permuted_instances_permute_the_answer(servable):
    image, instances = example()
    order = [2, 0, 1]
    one = ask(servable, "a_to_b", image=image, instances=instances)
    other = ask(servable, "a_to_b", image=image, instances=instances[:, order])
    # Sorted by area first, both requests are one computation: the same bytes.
    for name in ("image", "mask"):
        np.testing.assert_array_equal(one[name], other[name])
    np.testing.assert_array_equal(
        one["instances"][:, order], other["instances"]
    )


def test_a_soft_mask_is_cut_at_one_half(servable):
    image, instances = example()
    soft = np.where(instances > 0, 128, 127).astype(np.uint8)
    one = ask(servable, "a_to_b", image=image, instances=instances)
    other = ask(servable, "a_to_b", image=image, instances=soft)
    for name, values in one.items():
        np.testing.assert_array_equal(other[name], values)


@pytest.mark.parametrize(
    "shape", [(1, 3, 13, 18, 1), (2, 3, 12, 18, 1), (2, 3, 13, 17, 1)]
)
def test_instances_of_another_size_are_refused(servable, shape):
    image, _ = example()
    with pytest.raises(CallError, match="`instances` must have") as error:
        ask(
            servable,
            "a_to_b",
            image=image,
            instances=np.zeros(shape, np.uint8),
        )
    assert error.value.code == INVALID_ARGUMENT


def test_an_encoded_mask_of_another_size_is_refused(servable):
    image, _ = example(1)
    wrong = encoded(np.zeros((1, 1, 9, 9, 1), np.uint8))
    with pytest.raises(CallError) as error:
        ask(servable, "a_to_b_encoded", image=encoded(image), instances=wrong)
    assert error.value.code == INVALID_ARGUMENT
