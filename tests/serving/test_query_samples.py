"""Several answers to one image, from an export by a server to files."""

import numpy as np
import pytest
from exports import replayed_by, served, served_here
from many_answers import tinted
from PIL import Image

from serving import query
from serving.client import Client, InvalidArgument
from tfmask.export.check import check_version, translated
from tfmask.export.signatures import export_method

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (3, 20, 18, 3), np.uint8)


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    """(method, folder of models, its only version)."""
    method, base = tinted(), tmp_path_factory.mktemp("models")
    return method, base, export_method(method, base, "toy")


@pytest.fixture(scope="module")
def target(toy):
    with served_here(base=toy[1]) as target:
        yield target


@pytest.fixture
def client(target):
    with Client(target, "toy") as client:
        yield client


def expected(toy, image, **inputs):
    inputs = {"image": image, **inputs}
    return translated(toy[0], "a_to_b", inputs)["image"]


@pytest.mark.medium
def test_every_signature_answers_as_translate(toy):
    for servable in served(toy[2]):
        check_version(toy[0], toy[2], replay=replayed_by(servable))


@pytest.mark.medium
def test_a_number_is_a_look(toy, client):
    one = client.translate(IMAGES[0], style_seed=5).image
    answer = expected(toy, IMAGES[:1], style_seed=np.array([5]))
    np.testing.assert_allclose(one, answer[0], atol=1)
    without = client.translate(IMAGES[0]).image
    answer = expected(toy, IMAGES[:1], style_seed=np.array([0]))
    np.testing.assert_allclose(without, answer[0], atol=1)
    assert np.abs(one.astype(int) - without).mean() > 5


def test_a_batch_has_a_number_for_each_image(toy, client):
    batch = client.translate(IMAGES, style_seed=[4, -9, 2**40]).image
    for number, seed in enumerate((4, -9, 2**40)):
        alone = client.translate(IMAGES[number], style_seed=seed).image
        np.testing.assert_allclose(batch[number], alone, atol=1)


def test_an_exemplar_takes_the_place_of_a_number(toy, client, tmp_path):
    translation = client.translate(IMAGES[0], exemplar=IMAGES[1]).image
    answer = expected(toy, IMAGES[:1], exemplar=IMAGES[1:2])
    np.testing.assert_allclose(translation, answer[0], atol=1)
    for number in (0, 1):
        Image.fromarray(IMAGES[number]).save(tmp_path / f"{number}.png")
    files = client.translate(tmp_path / "0.png", exemplar=tmp_path / "1.png")
    np.testing.assert_array_equal(files.image, translation)


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({"style_seed": 1.5}, "`style_seed`.*a whole number.*Got: 1.5"),
        ({"style_seed": True}, "a whole number of 64 bits. Got: True"),
        ({"style_seed": 2**63}, "a whole number of 64 bits"),
        (
            {"style_seed": 1, "exemplar": IMAGES[1]},
            "`style_seed` and `exemplar` do not go together",
        ),
        ({"seed": 1}, "`seed`: expected no such input"),
    ],
)
def test_wrong_inputs_are_named(client, inputs, words):
    with pytest.raises(InvalidArgument, match=words):
        client.translate(IMAGES[0], **inputs)


def test_one_number_for_a_batch_is_told(client):
    with pytest.raises(InvalidArgument, match="expected 3, one an image"):
        client.translate(IMAGES, style_seed=1)


def test_a_server_refuses_numbers_that_do_not_fit(client):
    with pytest.raises(InvalidArgument, match="one number an image"):
        client.predict({"image": IMAGES, "style_seed": np.arange(2)})


def run(target, folder, *options):
    return query.main(
        [
            "--target",
            target,
            "--model",
            "toy",
            "--input",
            str(folder),
            "--output",
            str(folder / "out"),
            *map(str, options),
        ]
    )


@pytest.fixture
def folder(tmp_path):
    for number in (0, 1):
        Image.fromarray(IMAGES[number]).save(tmp_path / f"{number}.png")
    return tmp_path


def test_samples_have_a_folder_each(target, toy, folder):
    assert run(target, folder, "--samples", 2, "--style-seed", 7) == 0
    for seed in (7, 8):
        for number in (0, 1):
            path = folder / "out" / f"style_{seed}" / f"{number}.png"
            answer = expected(
                toy, IMAGES[number : number + 1], style_seed=np.array([seed])
            )
            np.testing.assert_allclose(
                np.asarray(Image.open(path)), answer[0], atol=1
            )
            masks = path.parent / "masks"
            assert (masks / f"{number}_mask.png").is_file()
    # Repeated by its number, alone: no folder of its own.
    assert run(target, folder, "--style-seed", 8) == 0
    again = (folder / "out" / "0.png").read_bytes()
    assert again == (folder / "out" / "style_8" / "0.png").read_bytes()


def test_older_samples_are_kept(target, folder, capsys):
    assert run(target, folder, "--samples", 2) == 0
    assert run(target, folder, "--samples", 2) == 1
    assert "already there" in capsys.readouterr().err
    assert run(target, folder, "--samples", 2, "--style-seed", 2) == 0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--style-seed", "x"), "--style-seed: expected one whole number"),
        (
            ("--samples", 2, "--exemplar", "{}/1.png"),
            "--samples and --exemplar do not go together",
        ),
    ],
)
def test_wrong_options_are_named(target, folder, capsys, options, words):
    options = [str(word).format(folder) for word in options]
    assert run(target, folder, *options) == 1
    assert words in capsys.readouterr().err


def test_fewer_than_one_sample_is_a_usage_error(target, folder, capsys):
    with pytest.raises(SystemExit):
        run(target, folder, "--samples", 0)
    assert "`samples` must be 1 or more. Got: 0" in capsys.readouterr().err
