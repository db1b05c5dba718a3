"""Exported methods that set attributes: both forms, kept ones, guards."""

import json

import numpy as np
import pytest
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

from serving.protocol.warmup import WARM_UP_FILE, read_records
from serving.server.engine import Engine
from tfmask.export.check import check_version, translated
from tfmask.export.publishing import FACTS

IMAGE = np.random.default_rng(0).integers(0, 256, (2, 13, 18, 3), np.uint8)
TARGET = np.array([[1, 0, -1], [-1, -1, -1]], np.float32)


@pytest.fixture(scope="module", params=["stargan", "attgan", "stgan"])
def exported(request, tmp_path_factory):
    return published(request.param, tmp_path_factory)


@pytest.fixture(scope="module")
def servable(exported):
    yield from served(exported[1])


@pytest.mark.medium
def test_every_signature_answers_as_the_method(exported, servable):
    check_version(*exported, replay=replayed_by(servable))


@pytest.mark.medium
@pytest.mark.release
def test_openvino_reads_it_and_agrees(exported):
    assert_openvino_agrees(*exported)


def test_answers_are_the_methods(exported, servable):
    inputs = {"image": IMAGE, "attributes": TARGET}
    got = ask(servable, "a_to_b", **inputs)
    expected = translated(exported[0], "a_to_b", inputs)
    assert set(got) == set(expected) == {"image", "mask"}
    for name, values in expected.items():
        assert np.abs(got[name].astype(int) - values).max() <= 1
    none, every = (
        ask(servable, "a_to_b", image=IMAGE, attributes=0 * TARGET + level)
        for level in (0, 1)
    )
    assert np.abs(none["image"].astype(int) - every["image"]).max() > 1


def test_files_give_the_same_as_arrays(servable):
    plain = ask(servable, "a_to_b", image=IMAGE, attributes=TARGET)
    files = {"image": encoded(IMAGE), "attributes": TARGET}
    got = ask(servable, "a_to_b_encoded", **files)
    for name, files in got.items():
        np.testing.assert_array_equal(decoded(files), plain[name])


def test_the_graph_refuses_what_does_not_fit(exported):
    engine = Engine(exported[1])
    for attributes, text in (
        (TARGET[:, :2], "Shape of tensor .*not compatible"),
        (TARGET[0], "Shape of tensor .*not compatible"),
        (TARGET[:1], "one row an image"),
        (TARGET[:0], "one row an image"),
        (TARGET + np.float32(np.nan), "finite numbers: 1 .on., 0 .off., -1"),
        (TARGET - np.float32(np.inf), "finite numbers: 1 .on., 0 .off., -1"),
    ):
        inputs = {"attributes": attributes.astype("float32")}
        refused(engine, "a_to_b", text, image=IMAGE, **inputs)
        refused(engine, "a_to_b_encoded", text, image=encoded(IMAGE), **inputs)
    engine.close()


def test_the_names_are_beside_the_graph(exported):
    facts = json.loads((exported[1] / FACTS).read_text())
    assert facts["attributes"] == ["hat", "smile", "beard"]
    assert facts["directions"] == {"a_to_b": ["a", "b"]}


def test_there_are_the_signatures_of_one_direction(exported, servable):
    names = {n for n in servable.signatures if not n.startswith("__")}
    assert names == {"a_to_b", "a_to_b_encoded", "serving_default"}
    records = list(read_records(exported[1] / WARM_UP_FILE))
    assert len(records) == len(names)
