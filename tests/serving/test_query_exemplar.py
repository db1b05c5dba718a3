"""`tfmask query` with an exemplar and the caller's masks."""

import numpy as np
import pytest
from exports import served_here
from PIL import Image
from tiny_lomit import lomit

from serving import query
from serving.client import Client, InvalidArgument
from tfmask.export.check import translated
from tfmask.export.signatures import export_method

pytestmark = pytest.mark.slow

RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """(method, host:port of a server of it as `toy`)."""
    base, method = tmp_path_factory.mktemp("models"), lomit(compiled=False)
    export_method(method, base, "toy")
    with served_here(base=base) as target:
        yield method, target


@pytest.fixture
def files(tmp_path):
    """dict of input name to pixels; NAME.png in `tmp_path` holds them."""
    pixels = {
        name: RNG.integers(0, 256, (20, 18, *channels), np.uint8)
        for name, channels in (
            ("image", (3,)),
            ("exemplar", (3,)),
            ("mask", ()),
            ("exemplar_mask", ()),
        )
    }
    for name, values in pixels.items():
        Image.fromarray(values).save(tmp_path / f"{name}.png")
    return pixels


def run(target, folder, *names, model="toy"):
    options = []
    for name in names:
        options += [f"--{name.replace('_', '-')}", str(folder / f"{name}.png")]
    return query.main(
        [
            "--target",
            target,
            "--model",
            model,
            "--input",
            str(folder / "image.png"),
            "--output",
            str(folder / "out"),
            *options,
        ]
    )


@pytest.mark.parametrize(
    "names",
    [
        ("exemplar",),
        ("exemplar", "mask"),
        ("exemplar", "mask", "exemplar_mask"),
    ],
)
def test_results_are_the_methods(served, tmp_path, files, names):
    method, target = served
    assert run(target, tmp_path, *names) == 0
    inputs = {
        name: values.reshape(1, 20, 18, -1)
        for name, values in files.items()
        if name in ("image", *names)
    }
    expected = translated(method, "a_to_b", inputs)
    for name, file in (
        ("image", "image"),
        ("mask", "masks/image_mask"),
        ("exemplar_mask", "masks/image_exemplar_mask"),
    ):
        got = np.asarray(Image.open(tmp_path / "out" / f"{file}.png"))
        values = np.squeeze(expected[name][0].astype(int))
        assert np.abs(got - values).max() <= 1


def test_what_does_not_fit_is_said(served, tmp_path, files, capsys):
    _, target = served
    assert run(target, tmp_path, "exemplar_mask") == 1
    assert "toy needs --exemplar" in capsys.readouterr().err
    Image.fromarray(files["mask"][1:]).save(tmp_path / "mask.png")
    assert run(target, tmp_path, "exemplar", "mask") == 1
    assert (
        "is 19 high and 18 wide, but the image is 20" in capsys.readouterr().err
    )


def test_the_client_takes_arrays(served, files):
    method, target = served
    with Client(target, "toy") as client:
        client.wait_ready(60)
        result = client.translate(**files)
        assert result.mask.shape == (20, 18)
        inputs = {k: v.reshape(1, 20, 18, -1) for k, v in files.items()}
        expected = translated(method, "a_to_b", inputs)["image"][0]
        assert np.abs(result.image - expected.astype(int)).max() <= 1
        with pytest.raises(InvalidArgument, match="`exemplar`"):
            client.translate(files["image"], exemplar=files["exemplar"][1:])
