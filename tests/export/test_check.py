"""`tfmask.export.check`: does a version answer as its model?"""

from types import SimpleNamespace

import numpy as np
import pytest
from exports import (
    published,
    replayed_by,
    served,
    tiny_method,
)

from tfmask.export import signatures as export
from tfmask.export.check import check_version, example_inputs
from tfmask.export.signatures import export_method
from tfmask.methods import method_spec
from tfmask.ops.errors import UserError

pytestmark = pytest.mark.both_stacks


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """(method, folder of its only version)."""
    return published("cyclegan", tmp_path_factory)


@pytest.fixture(scope="module")
def servable(exported):
    yield from served(exported[1])


@pytest.fixture
def half_the_weights(exported):
    """The method has other weights than the version, for one test."""
    network = exported[0].networks["generator_b_to_a"]
    saved = network.get_weights()
    network.set_weights([weights * 0.5 for weights in saved])
    yield
    network.set_weights(saved)


@pytest.mark.medium
def test_it_accepts_what_was_exported(exported):
    check_version(*exported)


@pytest.mark.medium
def test_it_names_the_signature_that_differs(
    exported, servable, half_the_weights
):
    with pytest.raises(UserError, match=r"`b_to_a.*values differ"):
        check_version(*exported, replay=replayed_by(servable))


def test_it_says_why_a_version_cannot_be_served(exported, tmp_path):
    method, path = exported
    with pytest.raises(UserError, match="is not a version"):
        check_version(method, tmp_path)
    (tmp_path / "saved_model.pb").write_bytes(
        (path / "saved_model.pb").read_bytes()
    )
    with pytest.raises(UserError, match="cannot be served"):
        check_version(method, tmp_path)


@pytest.mark.medium
@pytest.mark.one_stack
def test_a_version_that_fails_its_check_is_not_published(tmp_path, monkeypatch):
    def fails(method, folder):
        raise UserError("values differ")

    monkeypatch.setattr(export, "check_version", fails)
    with pytest.raises(UserError, match="values differ"):
        export_method(tiny_method("cyclegan"), tmp_path, "toy", check=True)
    assert not list((tmp_path / "toy").iterdir())


def test_examples_are_the_same_in_every_process():
    method = SimpleNamespace(spec=method_spec("attention_guided"), config=None)
    first = example_inputs(method, "a_to_b_with_mask", 2, 9, 12)
    again = example_inputs(method, "a_to_b_with_mask", 2, 9, 12)
    assert set(first) == {"image", "mask"}
    for name, value in first.items():
        np.testing.assert_array_equal(value, again[name])
        assert value.shape[:3] == (2, 9, 12) and len(np.unique(value)) > 9
