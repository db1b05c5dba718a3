"""An exported method of one direction, which here is b to a."""

import json

import numpy as np
import pytest
from exports import (
    ask,
    assert_openvino_agrees,
    decoded,
    encoded,
    published,
    replayed_by,
    served,
)

from serving.protocol.warmup import WARM_UP_FILE, read_records
from tfmask.export.check import check_version, translated
from tfmask.export.publishing import FACTS

IMAGE = np.random.default_rng(0).integers(0, 256, (2, 13, 18, 3), np.uint8)


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    return published("pix2pix", tmp_path_factory)


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


def test_there_are_the_signatures_of_its_direction(exported, servable):
    names = {n for n in servable.signatures if not n.startswith("__")}
    assert names == {"b_to_a", "b_to_a_encoded", "serving_default"}
    records = list(read_records(exported[1] / WARM_UP_FILE))
    assert len(records) == len(names)
    facts = json.loads((exported[1] / FACTS).read_text())
    assert facts["directions"] == {"b_to_a": ["b", "a"]}


def test_answers_are_the_methods_and_do_not_mix(exported, servable):
    expected = translated(exported[0], "b_to_a", {"image": IMAGE})
    files = ask(servable, "b_to_a_encoded", image=encoded(IMAGE))
    for got in (
        ask(servable, "b_to_a", image=IMAGE),
        ask(servable, "serving_default", image=IMAGE),
        {name: decoded(values) for name, values in files.items()},
    ):
        assert set(got) == set(expected) == {"image", "mask"}
        for name, values in expected.items():
            assert np.abs(got[name].astype(int) - values).max() <= 1
    alone = ask(servable, "b_to_a", image=IMAGE[1:])
    both = expected["image"][1:].astype(int)
    assert np.abs(alone["image"] - both).max() <= 1
