"""Exports that look at their own translations: the discriminator inside."""

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
)

from tfmask.export.check import check_version

RANDOM = np.random.default_rng(4)


@pytest.fixture(
    scope="module",
    params=[
        pytest.param("guidegan", marks=pytest.mark.slow),
        "guidegan_paired",
    ],
)
def exported(request, tmp_path_factory):
    return published(request.param, tmp_path_factory)


@pytest.fixture(scope="module")
def servable(exported):
    yield from served(exported[1])


def picture(*shape):
    return RANDOM.integers(0, 256, (*shape, 3), np.uint8)


@pytest.mark.medium
def test_every_signature_answers_as_the_method(exported, servable):
    check_version(*exported, replay=replayed_by(servable))


@pytest.mark.medium
@pytest.mark.release
def test_openvino_reads_it_and_agrees(exported):
    assert_openvino_agrees(*exported)


def test_every_direction_has_all_forms(exported, servable):
    names = {name for name in servable.signatures if name[:2] in ("a_", "b_")}
    forms = ("", "_encoded", "_with_mask", "_all_steps")
    directions = exported[0].directions
    assert names == {d + form for d in directions for form in forms}


def test_all_steps_end_with_the_answer(exported, servable):
    image = picture(2, 18, 23)
    direction = exported[0].directions[-1]
    answer = ask(servable, direction, image=image)
    every = ask(servable, f"{direction}_all_steps", image=image)
    assert set(every) == {"images", "masks"}
    count = exported[0].config.attention_steps + 1
    assert every["images"].shape == (2, count, 18, 23, 3)
    assert every["masks"].shape == (2, count, 18, 23, 1)
    assert (every["masks"][:, 0] == 255).all()
    np.testing.assert_array_equal(every["images"][:, -1], answer["image"])
    np.testing.assert_array_equal(every["masks"][:, -1], answer["mask"])
    first, last = every["images"][:, 0], every["images"][:, -1]
    assert np.abs(first.astype(int) - last).max() > 2


def test_the_callers_attention_guides(exported, servable):
    image = picture(1, 16, 16)
    mask = RANDOM.integers(0, 256, (1, 16, 16, 1), np.uint8)
    direction = exported[0].directions[0]
    signature = f"{direction}_with_mask"
    answer = ask(servable, signature, image=image, mask=mask)
    expected = exported[0].translate(
        {
            "image": tf.constant(image / np.float32(127.5) - 1),
            "mask": tf.constant(mask / np.float32(255.0)),
        },
        direction,
    )["image"]
    expected = np.round((np.clip(expected, -1, 1) + 1) * 127.5)
    assert np.abs(answer["image"] - expected).max() <= 1
    np.testing.assert_array_equal(answer["mask"], mask)


def test_files_give_the_same_as_arrays(servable):
    image = picture(2, 16, 20)
    plain = ask(servable, "b_to_a", image=image)
    files = ask(servable, "b_to_a_encoded", image=encoded(image))
    for name, values in plain.items():
        decoded = [tf.io.decode_png(file).numpy() for file in files[name]]
        np.testing.assert_array_equal(decoded, values)


def test_a_version_holds_the_layers_that_look(exported):
    method, path = exported
    names = tf.train.list_variables(str(path / "variables" / "variables"))
    saved = sum(
        int(np.prod(shape)) for name, shape in names if "_weights" in name
    )
    expected = 0
    for name, network in method.networks.items():
        if name.startswith("generator"):
            expected += network.count_params()
            continue
        looking = network.patches.convolutions[:-1]
        if network.mask_branch is not None:
            looking = [looking[0], network.mask_branch]
        expected += sum(layer.count_params() for layer in looking)
    assert saved == expected
