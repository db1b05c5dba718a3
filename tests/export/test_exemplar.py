"""Exported methods of exemplars: both forms, masks of the caller."""

import numpy as np
import pytest
import tensorflow as tf
from exports import (
    ask,
    assert_openvino_agrees,
    decoded,
    encoded,
    published,
    refused,
    replayed_by,
    served,
)
from tiny_lomit import lomit

from serving.client.image_inputs import read_items
from serving.client.ports import Ports
from serving.client.translation import with_all_masks
from serving.protocol.status import CallError
from serving.server.engine import Engine
from tfmask.export.check import check_version, translated

pytestmark = pytest.mark.slow

RNG = np.random.default_rng(0)
IMAGE = RNG.integers(0, 256, (2, 21, 18, 3), np.uint8)
EXEMPLAR = RNG.integers(0, 256, (2, 21, 18, 3), np.uint8)
MASK = RNG.integers(0, 256, (2, 21, 18, 1), np.uint8)
NOTHING = np.zeros((2, 0, 0, 1), np.uint8)


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    return published(lomit(compiled=False), tmp_path_factory)


@pytest.fixture(scope="module")
def servable(exported):
    yield from served(exported[1])


def assert_close(got, expected):
    assert set(got) == set(expected) == {"image", "mask", "exemplar_mask"}
    for name, values in expected.items():
        assert got[name].shape == values.shape
        assert np.abs(got[name].astype(int) - values).max() <= 1


def test_every_signature_answers_as_the_method(exported, servable):
    check_version(*exported, replay=replayed_by(servable))


@pytest.mark.release
def test_openvino_reads_it_and_agrees(exported):
    assert_openvino_agrees(*exported)


def test_arrays_give_what_translate_gives(exported, servable):
    inputs = {"image": IMAGE, "exemplar": EXEMPLAR}
    got = ask(servable, "a_to_b", **inputs)
    assert_close(got, translated(exported[0], "a_to_b", inputs))
    other = ask(servable, "a_to_b", image=IMAGE, exemplar=255 - EXEMPLAR)
    assert np.abs(got["image"].astype(int) - other["image"]).max() > 1


def test_an_exemplars_file_of_another_size_is_resized(exported, servable):
    small = RNG.integers(0, 256, (2, 12, 30, 3), np.uint8)
    got = ask(
        servable,
        "a_to_b_encoded",
        image=encoded(IMAGE),
        exemplar=encoded(small),
    )
    got = {name: decoded(files) for name, files in got.items()}
    sized = tf.image.resize(small, (21, 18), "bilinear", antialias=True)
    inputs = {
        "image": IMAGE,
        "exemplar": np.clip(np.round(sized), 0, 255).astype(np.uint8),
    }
    assert_close(got, translated(exported[0], "a_to_b", inputs))


@pytest.mark.parametrize("named", [(), ("mask",), ("exemplar_mask",),
                                   ("mask", "exemplar_mask")])  # fmt: skip
def test_either_mask_can_be_the_callers(exported, servable, named):
    images = {"image": IMAGE, "exemplar": EXEMPLAR}
    masks = {
        name: MASK if name in named else NOTHING
        for name in ("mask", "exemplar_mask")
    }
    got = ask(servable, "a_to_b_with_mask", **images, **masks)
    own_masks = {name: MASK for name in named}
    assert_close(got, translated(exported[0], "a_to_b", images | own_masks))
    if not named:
        assert_close(got, ask(servable, "a_to_b", **images))


def test_the_graph_refuses_what_does_not_fit(exported):
    engine = Engine(exported[1])
    tiny = IMAGE[:, :8, :8]
    for exemplar in (EXEMPLAR[:, 1:], EXEMPLAR[:1], EXEMPLAR[:0]):
        text = "`exemplar` must have the batch size, height and width"
        refused(engine, "a_to_b", text, image=IMAGE, exemplar=exemplar)
        files = {"image": encoded(IMAGE), "exemplar": encoded(exemplar)}
        if len(exemplar) < 2:
            refused(engine, "a_to_b_encoded", "one file an image", **files)
    refused(engine, "a_to_b", "9 pixels or more", image=tiny, exemplar=tiny)
    for name in ("mask", "exemplar_mask"):
        for wrong in (MASK[:, :20], MASK[:1], NOTHING[:1]):
            masks = {"mask": MASK, "exemplar_mask": NOTHING, name: wrong}
            refused(
                engine,
                "a_to_b_with_mask",
                f"`{name}` must have",
                image=IMAGE,
                exemplar=EXEMPLAR,
                **masks,
            )
    engine.close()


def test_the_discriminator_is_not_exported(exported):
    method, path = exported
    names = tf.train.list_variables(str(path / "variables" / "variables"))
    saved = sum(
        int(np.prod(shape)) for name, shape in names if "_weights" in name
    )
    networks = method.networks
    assert saved == sum(
        networks[name].count_params()
        for name in set(networks) - {"discriminator"}
    )


def test_there_is_one_direction(exported, servable):
    with pytest.raises(CallError):
        ask(servable, "b_to_a", image=IMAGE, exemplar=EXEMPLAR)


def test_the_client_asks_for_the_mask_that_is_missing():
    masks = {"mask": "mask", "exemplar_mask": "mask"}
    ports = Ports({"image": "image", "exemplar": "image"}, masks, {}, None)
    items, _ = read_items(
        IMAGE[0],
        {"exemplar": EXEMPLAR[0], "exemplar_mask": MASK[0]},
        ports.inputs,
    )
    inputs = with_all_masks(items[0], ports).inputs
    assert inputs["mask"].shape == (0, 0, 1)
    np.testing.assert_array_equal(inputs["exemplar_mask"], MASK[0])
