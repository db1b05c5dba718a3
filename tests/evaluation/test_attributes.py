"""Evaluation of attributes: methods whose numbers are known, notes, files."""

import json

import numpy as np
import pytest
from attribute_parts import (
    BAND,
    NAMES,
    SIDE,
    Copy,
    Negative,
    Painter,
    Paste,
    Reader,
    parts_data,
)
from fake_runs import measured

from tfmask.evaluation import judges
from tfmask.evaluation.tables import print_tables
from tfmask.ops.errors import UserError
from tfmask.reports.gallery import Gallery

BAND_SHARE = BAND / SIDE


@pytest.fixture(scope="module")
def data():
    return parts_data()


@pytest.fixture(autouse=True, scope="module")
def reader():
    """A classifier that is always right. The real one has its own tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(judges, "AttributeClassifier", Reader)
        yield


@pytest.fixture(scope="module")
def painted(data, reader):
    return measured(Painter(), data)


def pairs_of(data):
    (pair,) = data.test_pairs(batch_size=99).as_numpy_iterator()
    return pair["a"], pair["b"]


def test_exact_switches(painted):
    titles = [f"switch_{name}" for name in NAMES]
    assert list(painted["directions"]) == [*titles, "all"]
    assert painted["n"] == {**dict.fromkeys(titles, 16), "all": 48}
    for title in titles:
        row = painted["directions"][title]["model"]
        assert row["attribute_accuracy"] == row["kept_accuracy"] == 1.0
        assert row["outside_l1"] == 0.0
        # One of three channels goes from -1 to 1 or back.
        np.testing.assert_allclose(row["inside_l1"], 2 / 3, rtol=1e-6)
        np.testing.assert_allclose(row["change_l1"], 2 / 3 * BAND_SHARE)
        for kind in ("mask", "cam"):
            assert row[f"{kind}_iou"] == row[f"{kind}_iou_best"] == 1.0
            assert row[f"{kind}_energy_inside"] == 1.0
            assert row[f"{kind}_mean"] == row["region_share"] == BAND_SHARE


def test_the_identity_stands_beside(painted):
    for rows in painted["directions"].values():
        assert list(rows) == ["model", "identity"]
        assert list(rows["model"]) == list(rows["identity"])
        row = rows["identity"]
        assert row["attribute_accuracy"] == 0.0
        assert row["kept_accuracy"] == 1.0
        assert row["outside_l1"] == row["inside_l1"] == row["mask_iou"] == 0.0
        assert row["mask_energy_inside"] is row["cam_iou"] is None


def test_a_copy_scores_as_the_identity(data):
    result = measured(Copy(), data)
    for rows in result["directions"].values():
        for name, value in rows["identity"].items():
            if not name.startswith("cam"):
                assert rows["model"][name] == value


def test_a_change_everywhere(data):
    rows = measured(Negative(), data)["directions"]["all"]
    assert rows["model"]["inside_l1"] == pytest.approx(2.0, abs=0.01)
    assert rows["model"]["outside_l1"] > 1.9  # the last row is grey
    assert rows["model"]["mask_iou"] == BAND_SHARE
    assert rows["model"]["mask_energy_inside"] == BAND_SHARE
    assert rows["model"]["mask_mean"] == 1.0


def test_the_classifier_is_described(painted):
    numbers = {"accuracy": 1.0, "majority": 0.5}
    assert painted["classifier"] == dict.fromkeys(NAMES, numbers)
    (note,) = (n for n in painted["notes"] if "256 training images" in n)
    assert "red in 1.000 (the more frequent value: 0.500)" in note


def test_exclusive_attributes_go_off_together(data):
    """An attribute that a switch turns off is neither "set" nor "kept"."""
    method = Painter()
    method.exclusive = (0, 1)
    rows = measured(method, data)["directions"]["switch_red"]
    assert rows["model"]["attribute_accuracy"] == 1.0
    assert rows["model"]["kept_accuracy"] == 1.0
    # A quarter of the images is green and becomes red alone.
    expected = 2 / 3 * BAND_SHARE / (1 - BAND_SHARE) / 4
    np.testing.assert_allclose(rows["model"]["outside_l1"], expected, 1e-6)


def test_the_batch_size_does_not_matter(data, painted):
    assert measured(Painter(), data, batch_size=5) == painted


def test_regions_that_are_not_known(capsys):
    data = parts_data(region_names=("green",), test=8)
    result = measured(Painter(), data)
    row = result["directions"]["switch_red"]["model"]
    for name in ("outside_l1", "inside_l1", "mask_iou", "cam_energy_inside"):
        assert row[name] is None
        assert result["directions"]["all"]["model"][name] is not None
    assert row["attribute_accuracy"] == 1.0 and row["change_l1"] > 0.0
    assert sum("no region is known" in note for note in result["notes"]) == 2
    json.dumps(result, allow_nan=False)
    print_tables(result)
    assert "switch_red, 8 images" in capsys.readouterr().out


def test_the_gallery_shows_every_switch(data, tmp_path):
    gallery = Gallery(tmp_path, "Evaluation")
    measured(Painter(), data, limit=4, gallery=gallery)
    page = gallery.write().read_text()
    for text in ("switch blue: 4 of 4", "Grad-CAM", "000 (on)", "true region"):
        assert text in page
    assert len(list((tmp_path / "images").iterdir())) == 3 * 4 * 5


def test_broken_weights_are_an_error(data):
    class Broken(Painter):
        def translate(self, inputs, direction):
            translation = super().translate(inputs, direction)
            return {**translation, "image": translation["image"] * float("nan")}

    with pytest.raises(UserError, match="NaN or infinity"):
        measured(Broken(), data)


def test_transfer_from_exemplars(data):
    result = measured(Paste(), data)
    rows = result["directions"]["a_to_b"]
    assert list(rows) == ["model", "whole_image", "identity"]
    model, whole = rows["model"], rows["whole_image"]
    for row in (model, whole):
        assert row["attribute_accuracy"] == row["kept_accuracy"] == 1.0
    assert model["mask_iou"] == model["mask_energy_inside"] == 1.0
    assert model["outside_l1"] == 0.0
    first, second = pairs_of(data)
    differs = (first["attributes"] != second["attributes"]).sum(1)
    share = differs * BAND_SHARE
    np.testing.assert_allclose(model["mask_mean"], share.mean())
    np.testing.assert_allclose(whole["mask_iou"], share.mean())
    # The whole image's transfer also takes over the last row's shade.
    shade = np.abs(first["image"] - second["image"])[:, -1].mean((1, 2))
    outside = np.mean(shade / SIDE / (1 - share))
    np.testing.assert_allclose(whole["outside_l1"], outside, rtol=1e-5)
    assert rows["identity"]["attribute_accuracy"] == 0.0
    assert rows["identity"]["kept_accuracy"] == 1.0


def test_transfer_of_one_attribute(data):
    result = measured(Paste(), data)
    titles = [f"single_{name}" for name in NAMES]
    assert list(result["directions"]) == ["a_to_b", *titles, "single_attribute"]
    first, second = pairs_of(data)
    differs = first["attributes"] != second["attributes"]
    for position, title in enumerate(titles):
        rows = result["directions"][title]
        chosen = differs[:, position] & (differs.sum(1) > 1)
        assert result["n"][title] == chosen.sum() > 0
        assert rows["model"]["attribute_accuracy"] == 1.0
        assert rows["model"]["kept_accuracy"] == 1.0
        assert rows["model"]["outside_l1"] == 0.0
        # With its own masks all that differs changes.
        share_kept = 1 - (differs[chosen].sum(1) - 1) / 2
        np.testing.assert_allclose(
            rows["found_masks"]["kept_accuracy"], share_kept.mean()
        )
        assert rows["found_masks"]["attribute_accuracy"] == 1.0
        assert rows["identity"]["attribute_accuracy"] == 0.0


def test_pairs_that_differ_where_no_region_is_known(tmp_path):
    data = parts_data(region_names=("red", "green"))
    gallery = Gallery(tmp_path, "Evaluation")
    result = measured(Paste(), data, gallery=gallery)
    first, second = pairs_of(data)
    differs = first["attributes"] != second["attributes"]
    known = int((~differs[:, 2]).sum())
    row = result["directions"]["a_to_b"]["model"]
    assert row["mask_iou"] == 1.0  # of those pairs alone
    assert any(f"the {known} of 16 images" in n for n in result["notes"])
    assert "single_blue" not in result["directions"]
    assert "single green" in gallery.write().read_text()
    json.dumps(result, allow_nan=False)


def test_without_regions_no_single_transfer():
    result = measured(Paste(), parts_data(region_names=()), limit=4)
    assert list(result["directions"]) == ["a_to_b"]
    assert result["directions"]["a_to_b"]["model"]["mask_iou"] is None
    assert any("no region is known" in note for note in result["notes"])


def test_a_pair_that_differs_in_one_attribute_only():
    data = parts_data(test=4)
    first, second = pairs_of(data)
    assert (first["attributes"] != second["attributes"])[0].sum() == 1
    result = measured(Paste(), data, limit=1)
    assert list(result["directions"]) == ["a_to_b"]
    for name in NAMES:
        assert f"single_{name}: there is no such image" in str(result["notes"])
