"""Translating files with an exemplar and the caller's own masks."""

import numpy as np
import pytest
from fake_runs import BrightMethod, fake_run
from PIL import Image
from tiny_lomit import lomit

from tfmask.export.check import translated
from trainers.translate import main

RNG = np.random.default_rng(0)


def write(path, *shape):
    pixels = RNG.integers(0, 256, shape, np.uint8)
    Image.fromarray(pixels).save(path)
    return pixels


def read(path):
    return np.asarray(Image.open(path)).astype(int)


@pytest.fixture(scope="module")
def method():
    return lomit(compiled=False)


@pytest.fixture
def translate(tmp_path, method):
    """A function that runs the command; its results are in `out`."""

    def run(*options, source="a.png", method=method):
        out = tmp_path / "out"
        required = ["--run", "r", "--input", str(tmp_path / source)]
        return main(
            [*required, "--output", str(out), *map(str, options)],
            load_run=fake_run(method),
        )

    return run


@pytest.fixture
def files(tmp_path):
    """dict of name to pixels: an image, an exemplar of its size, masks."""
    return {
        "a": write(tmp_path / "a.png", 20, 18, 3),
        "e": write(tmp_path / "e.png", 20, 18, 3),
        "m": write(tmp_path / "m.png", 20, 18),
        "n": write(tmp_path / "n.png", 20, 18),
    }


def assert_results(folder, method, inputs):
    expected = translated(
        method, "a_to_b", {k: v[None] for k, v in inputs.items()}
    )
    for name, file in (
        ("image", "a"),
        ("mask", "masks/a_mask"),
        ("exemplar_mask", "masks/a_exemplar_mask"),
    ):
        values = np.squeeze(expected[name][0].astype(int))
        assert np.abs(read(folder / f"{file}.png") - values).max() <= 1


@pytest.mark.medium
def test_an_exemplar(tmp_path, translate, files, method):
    assert translate("--exemplar", tmp_path / "e.png") == 0
    inputs = {"image": files["a"], "exemplar": files["e"]}
    assert_results(tmp_path / "out", method, inputs)


@pytest.mark.medium
def test_both_masks(tmp_path, translate, files, method):
    code = translate(
        "--exemplar",
        tmp_path / "e.png",
        "--mask",
        tmp_path / "m.png",
        "--exemplar-mask",
        tmp_path / "n.png",
    )
    assert code == 0
    inputs = {
        "image": files["a"],
        "exemplar": files["e"],
        "mask": files["m"][..., None],
        "exemplar_mask": files["n"][..., None],
    }
    assert_results(tmp_path / "out", method, inputs)


@pytest.mark.medium
def test_an_exemplar_of_another_size_is_resized(
    tmp_path, translate, files, method
):
    file = tmp_path / "tall.png"
    write(file, 40, 9, 3)
    assert translate("--exemplar", file) == 0
    # `translated` decodes and resizes what is bytes.
    exemplar = np.array(file.read_bytes(), object)
    inputs = {"image": files["a"], "exemplar": exemplar}
    assert_results(tmp_path / "out", method, inputs)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ([], "add --exemplar FILE"),
        (["--exemplar", "none.png"], "is not a file"),
        (["--exemplar-mask", "n.png"], "needs `--exemplar`"),
        (["--exemplar", "e.png", "--mask", "w.png"], "a mask of another size"),
        (
            ["--exemplar", "e.png", "--exemplar-mask", "w.png"],
            "exemplar mask of another size",
        ),
        (["--exemplar", "e.png", "--direction=b_to_a"], "has no direction"),
    ],
)
def test_what_does_not_fit_is_said(
    tmp_path, translate, files, capsys, options, reason
):
    write(tmp_path / "w.png", 20, 19)
    paths = [o if o[0] == "-" else tmp_path / o for o in options]
    assert translate(*paths) == 1
    assert reason in capsys.readouterr().err


def test_a_method_without_exemplars_refuses_one(
    tmp_path, translate, files, capsys
):
    bright = BrightMethod()
    code = translate("--exemplar", tmp_path / "e.png", method=bright)
    assert code == 1 and "leave --exemplar out" in capsys.readouterr().err


def test_the_exemplar_is_never_replaced(tmp_path, translate, files, capsys):
    inside = tmp_path / "out" / "masks" / "a_exemplar_mask.png"
    inside.parent.mkdir(parents=True)
    Image.fromarray(files["e"]).save(inside)
    assert translate("--exemplar", inside, "--overwrite") == 1
    assert "would replace an input" in capsys.readouterr().err
    np.testing.assert_array_equal(read(inside), files["e"])
