"""`tfmask translate` of a method that has several answers to one image."""

import numpy as np
import pytest
from fake_runs import fake_run
from many_answers import tinted
from PIL import Image

from tfmask.export.check import translated
from trainers import translate

IMAGES = np.random.default_rng(0).integers(0, 256, (2, 18, 20, 3), np.uint8)


@pytest.fixture
def folder(tmp_path):
    for number, image in enumerate(IMAGES):
        Image.fromarray(image).save(tmp_path / f"{number}.png")
    return tmp_path


@pytest.fixture(scope="module")
def method():
    return tinted()


def run(method, folder, *options):
    return translate.main(
        [
            "--run",
            str(folder),
            "--input",
            str(folder),
            "--output",
            str(folder / "out"),
            *map(str, options),
        ],
        load_run=fake_run(method),
    )


def expected(method, number, **inputs):
    inputs = {"image": IMAGES[number : number + 1], **inputs}
    return translated(method, "a_to_b", inputs)["image"][0]


def read(path):
    return np.asarray(Image.open(path))


def test_samples_have_a_folder_each(method, folder, capsys):
    assert run(method, folder, "--samples", 2, "--style-seed", 5) == 0
    assert "2 of 2 images translated" in capsys.readouterr().out
    for seed in (5, 6):
        sample = folder / "out" / f"style_{seed}"
        for number in (0, 1):
            answer = expected(method, number, style_seed=np.array([seed]))
            np.testing.assert_array_equal(
                read(sample / f"{number}.png"), answer
            )
            assert (sample / "masks" / f"{number}_mask.png").is_file()
    assert run(method, folder, "--style-seed", 6) == 0
    again = (folder / "out" / "0.png").read_bytes()
    assert again == (folder / "out" / "style_6" / "0.png").read_bytes()


def test_masks_may_have_folders_of_their_own(method, folder):
    masks = folder / "m"
    run(method, folder, "--samples", 2, "--mask-output", masks)
    assert (masks / "style_1" / "0_mask.png").is_file()


def test_an_exemplar_takes_the_place_of_a_number(method, folder):
    assert run(method, folder, "--exemplar", folder / "1.png") == 0
    answer = expected(method, 0, exemplar=IMAGES[1:])
    written = read(folder / "out" / "0.png")
    np.testing.assert_allclose(written, answer, atol=1)
    # No mask of the exemplar: the method has none.
    names = {path.name for path in (folder / "out" / "masks").iterdir()}
    assert names == {"0_mask.png", "1_mask.png"}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (
            ("--samples", "2", "--exemplar", "{}/1.png"),
            "--samples and --exemplar do not go together",
        ),
        (
            ("--style-seed", "2", "--exemplar", "{}/1.png"),
            "--style-seed and --exemplar do not go together",
        ),
    ],
)
def test_wrong_options_are_named(method, folder, capsys, options, words):
    options = [word.format(folder) for word in options]
    assert run(method, folder, *options) == 1
    assert words in capsys.readouterr().err


def test_older_samples_are_kept(method, folder, capsys):
    assert run(method, folder, "--samples", 2) == 0
    assert run(method, folder, "--samples", 3) == 1
    assert "already there" in capsys.readouterr().err
