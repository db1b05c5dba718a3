"""`tfmask query` and the client with attributes."""

import numpy as np
import pytest
from exports import served_here, tiny_method
from PIL import Image

from serving import query
from serving.client import Client, InvalidArgument
from tfmask.export.check import translated
from tfmask.export.signatures import export_method

IMAGES = np.random.default_rng(0).integers(0, 256, (2, 20, 18, 3), np.uint8)
TARGETS = np.array([[1, -1, 0], [0, 1, 1]], np.float32)


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """(method, host:port of a server of it as `toy`)."""
    base, method = tmp_path_factory.mktemp("models"), tiny_method("stargan")
    export_method(method, base, "toy")
    with served_here(base=base) as target:
        yield method, target


def near(got, expected):
    return np.abs(np.asarray(got).astype(int) - expected).max() <= 1


@pytest.fixture
def run(served, tmp_path):
    """A function that runs the command; its results are in `out`."""
    Image.fromarray(IMAGES[0]).save(tmp_path / "a.png")

    def command(*options):
        places = ["--input", tmp_path / "a.png", "--output", tmp_path / "out"]
        fixed = ["--target", served[1], "--model", "toy", *places]
        return query.main([str(option) for option in (*fixed, *options)])

    return command


@pytest.mark.medium
def test_results_are_the_methods(served, tmp_path, run):
    assert run("--attributes", 1, -1, 0, "--wait", 60) == 0
    inputs = {"image": IMAGES[:1], "attributes": TARGETS[:1]}
    expected = translated(served[0], "a_to_b", inputs)
    for name, file in (("image", "a"), ("mask", "masks/a_mask")):
        got = Image.open(tmp_path / "out" / f"{file}.png")
        assert near(got, np.squeeze(expected[name][0]))


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ([], "toy needs --attributes"),
        (["--attributes", 1, 0], "expected 3 numbers. Got: 2"),
        (["--attributes", 1, 0, "nan"], "of finite numbers: 1 (on)"),
        (
            ["--attributes", 1, 0, 0, "--direction", "b_to_a"],
            "no signature 'b_to_a'",
        ),
        (
            ["--attributes", 1, 0, 0, "--exemplar", __file__],
            "takes no exemplar",
        ),
    ],
)
def test_what_does_not_fit_is_said(run, capsys, options, reason):
    assert run(*options) == 1
    assert reason in " ".join(capsys.readouterr().err.split())


def test_the_client_takes_one_image_and_batches(served):
    method, target = served
    inputs = {"image": IMAGES, "attributes": TARGETS}
    expected = translated(method, "a_to_b", inputs)["image"]
    with Client(target, "toy") as client:
        client.wait_ready(60)
        single = client.translate(IMAGES[0], attributes=[1, -1, 0])
        assert near(single.image, expected[0])
        both = client.translate(IMAGES, attributes=TARGETS)
        assert near(both.image, expected)
        for wrong in ([1, 0], 1, "hat", [[1, 0, 0]]):
            with pytest.raises(InvalidArgument, match="`attributes`"):
                client.translate(IMAGES[0], attributes=wrong)
