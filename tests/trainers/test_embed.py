"""`tfmask embed`: codes, plots and numbers of a run."""

import csv
import dataclasses
import sys
import types
from pathlib import Path

import numpy as np
import pytest
from fake_runs import BrightMethod, fake_run
from PIL import Image
from tiny_lomit import lomit

from data_pipelines import open_data
from tfmask.configs import DataConfig
from tfmask.evaluation import code_embedding
from tfmask.methods import preset_config
from trainers import embed

NAMES = ("cap", "stripe", "base")
COUNT = 12


@pytest.fixture(scope="module")
def data():
    return open_data(
        "synthetic:attributes", image_size=32, synthetic_count=(2, COUNT)
    )


@pytest.fixture(scope="module")
def method():
    return lomit(compiled=False, attributes=NAMES)


@pytest.mark.medium
def test_codes_are_the_networks(method, data):
    codes, attributes, index = code_embedding.codes_of(
        method, data, limit=5, batch_size=2
    )
    (batch,) = data.test_pairs(batch_size=5, limit=5)
    image, exemplar = batch["a"]["image"], batch["b"]["image"]
    content = method.content_encoder(image)
    mask = method.masks_of(content, method.content_encoder(exemplar))
    foreground, background = method.styles_of(image, mask)
    expected = (np.mean(content, (1, 2)), foreground, background)
    for own, values in zip(codes.values(), expected, strict=True):
        np.testing.assert_allclose(own, values, atol=1e-4)
    np.testing.assert_array_equal(attributes, batch["a"]["attributes"] > 0.5)
    np.testing.assert_array_equal(index, batch["a"]["index"])


def test_silhouettes_tell_what_is_apart():
    rng = np.random.default_rng(0)
    on = np.arange(20) % 2 == 0
    noise = rng.normal(size=(20, 3))
    codes = {"apart": noise + 100.0 * on[:, None], "mixed": noise}
    attributes = np.stack([on, np.ones(20, bool)], axis=1)
    silhouettes = code_embedding.separations(codes, attributes)
    assert silhouettes["apart"][0] > 0.95 and abs(silhouettes["mixed"][0]) < 0.2
    assert silhouettes["apart"][1] is None


def test_clusters_stay_clusters():
    rng = np.random.default_rng(0)
    codes = rng.normal(size=(60, 8)).astype("float32")
    second = np.arange(60) >= 30
    codes[second] += 50.0
    places = code_embedding.embedded(codes, perplexity=10)
    apart = np.linalg.norm(places[:, None] - places[None], axis=-1)
    nearest = (apart + np.diag(np.full(60, np.inf))).argmin(1)
    assert places.shape == (60, 2)
    # A random start would leave single dots far away.
    assert np.mean(second[nearest] == second) > 0.9
    again = code_embedding.embedded(codes, perplexity=10)
    np.testing.assert_array_equal(places, again)


def test_dots_have_their_colour_and_place():
    places = np.array([[0.0, 0.0], [1.0, 2.0]])
    picture = code_embedding.panel(places, np.array([False, True]))
    first, last = (
        code_embedding._MARGIN,
        code_embedding.PANEL - code_embedding._MARGIN,
    )
    assert tuple(picture[first, first]) == code_embedding._OFF
    assert tuple(picture[last, last]) == code_embedding._ON
    assert tuple(picture[first, last]) == (255, 255, 255)


@pytest.fixture
def run(tmp_path, monkeypatch, method, data):
    """A function that runs the command; its results are in `out`."""

    def command(*options, method=method):
        config = dataclasses.replace(
            fake_run(method)("r")[0],
            method=types.SimpleNamespace(attributes=NAMES),
            data=DataConfig(location="synthetic:attributes"),
        )
        monkeypatch.setattr(embed, "_open", lambda *_: data)
        fixed = ["--run", "r", "--output", str(tmp_path / "out")]
        return embed.main(
            [*fixed, *map(str, options)], load_run=lambda _: (config, method)
        )

    return command


@pytest.mark.medium
def test_picture_and_numbers(run, tmp_path, data, capsys):
    assert run("--perplexity", 3) == 0
    with Image.open(tmp_path / "out" / "embedding.png") as picture:
        assert picture.size == (3 * 240, 3 * 260 + 20)
    with open(tmp_path / "out" / "embedding.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["image"] for row in rows] == data.names("a", "test")
    (batch,) = data.test_batches(batch_size=COUNT)
    for row, attributes in zip(rows, batch["attributes"], strict=True):
        assert [int(row[name]) for name in NAMES] == attributes.numpy().tolist()
        assert np.isfinite(
            [float(row[f"{c}_x"]) for c in code_embedding.CODES]
        ).all()
    said = capsys.readouterr().out
    assert "foreground style: cap" in said and "12 images" in said
    assert run() == 1
    assert "embedding.png` is already there" in capsys.readouterr().err


def test_other_data_is_opened_with_the_runs_attributes():
    config = preset_config("lomit", "quick", "a folder that is gone")
    config = dataclasses.replace(
        config,
        method=dataclasses.replace(config.method, attributes=("base", "cap")),
        data=dataclasses.replace(config.data, image_size=16, synthetic_count=2),
    )
    options = embed.Options(
        run=Path("r"), output=Path("o"), data="synthetic:attributes"
    )
    opened = embed._open(config, options)
    assert opened.attributes == ("base", "cap")
    assert opened.image_size == (16, 16)


def test_what_does_not_fit_is_said(run, capsys, monkeypatch):
    assert run("--perplexity", 12) == 1
    assert "below the number of images, 12" in capsys.readouterr().err
    assert run(method=BrightMethod()) == 1
    assert "plots the codes of lomit. Got: a run of bright" in (
        capsys.readouterr().err
    )
    with pytest.raises(SystemExit):
        run("--limit", 0)
    monkeypatch.setitem(sys.modules, "sklearn", None)
    assert run() == 1
    assert "tfmask[embed]" in capsys.readouterr().err
