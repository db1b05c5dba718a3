"""Large pictures through a server: the pixels of one piece."""

import asyncio

import numpy as np
import pytest
from PIL import Image

from serving import query
from serving.client import (
    AsyncClient,
    Client,
    InvalidArgument,
    ServingError,
    Translation,
)
from serving.client.image_inputs import read_items
from serving.client.ports import Ports
from serving.client.results import EncodedTranslation
from serving.client.tiled import translate_tiled
from serving.commands.tiles import Tiling

KINDS = {"image": "image", "exemplar": "image", "exemplar_mask": "mask"}
KINDS |= {"mask": "mask", "instances": "masks", "style_seed": "seed"}
PORTS = Ports(
    required=KINDS,
    masks={},
    outputs={name: KINDS[name] for name in KINDS if name != "style_seed"},
    attributes=None,
)


@pytest.fixture
def client(toy_target):
    # About one tile a request, so that a picture takes several.
    with Client(toy_target, "toy", timeout=20, batch_bytes=30_000) as client:
        yield client


def picture(height=100, width=150, seed=0):
    random = np.random.default_rng(seed)
    return random.integers(0, 256, (height, width, 3), np.uint8)


def assert_same(result, wanted):
    assert type(result) is type(wanted)
    np.testing.assert_array_equal(result.image, wanted.image)
    np.testing.assert_array_equal(result.mask, wanted.mask)
    assert result.version == wanted.version


def test_arrays_batches_and_lists(client):
    assert_same(
        client.translate(picture(), tile=64), client.translate(picture())
    )
    batch = np.stack([picture(), picture(seed=1)])
    assert_same(client.translate(batch, tile=64), client.translate(batch))
    pictures = [picture(), picture(20, 30), picture(70, 64)]
    tiled = client.translate(pictures, "b_to_a", tile=64, overlap=8)
    for got, wanted in zip(
        tiled, client.translate(pictures, "b_to_a"), strict=True
    ):
        assert_same(got, wanted)


def test_files_stay_files(client, tmp_path):
    path = tmp_path / "a.png"
    Image.fromarray(picture()).save(path)
    result = client.translate(path, tile=64)
    assert isinstance(result, EncodedTranslation)
    assert_same(result, client.translate(path))


def test_the_callers_mask_is_cut_along(client):
    mask = np.zeros((100, 150), np.uint8)
    mask[20:90, 30:140] = 255
    wanted = client.translate(picture(), mask=mask)
    assert_same(client.translate(picture(), mask=mask, tile=64), wanted)
    with pytest.raises(InvalidArgument, match="mask"):
        client.translate(picture(), mask=mask[1:], tile=64)


def test_bad_files_and_tiles_are_named(client, tmp_path):
    path = tmp_path / "cut.png"
    Image.fromarray(picture()).save(path)
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(InvalidArgument, match=r"cut\.png: is a damaged") as e:
        client.translate([path, picture()], tile=64)
    assert_same(e.value.results[1], client.translate(picture()))
    with pytest.raises(InvalidArgument, match="`tile` must be 64 or more"):
        client.translate(picture(), tile=10)


def test_coroutines_get_the_same(toy_target, client):
    told = []

    async def ask():
        async with AsyncClient(toy_target, "toy") as other:
            return await other.translate(
                picture(),
                tile=64,
                overlap=20,
                progress=lambda *count: told.append(count),
            )

    assert_same(asyncio.run(ask()), client.translate(picture()))
    assert told == [(number, 12) for number in range(13)]


def test_progress_that_stops_ends_the_requests(client):
    told = []

    def stop(done, total):
        told.append((done, total))
        if done == 2:
            raise KeyboardInterrupt

    small = picture(20, 30)  # one request, and no tiles
    with pytest.raises(KeyboardInterrupt):
        client.translate([small, picture()], tile=64, progress=stop)
    assert told == [(0, 12), (1, 12), (2, 12)]
    assert_same(client.translate(small, progress=stop), client.translate(small))


def test_query(toy_target, client, tmp_path, capsys):
    Image.fromarray(picture()).save(tmp_path / "a.png")
    options = {"--target": toy_target, "--model": "toy", "--tile": 64}
    options |= {"--input": tmp_path / "a.png", "--output": tmp_path / "out"}
    argv = [str(word) for pair in options.items() for word in pair]
    assert query.main(argv) == 0
    wanted = client.translate(picture())
    image = Image.open(tmp_path / "out" / "a.png")
    np.testing.assert_array_equal(image, wanted.image)
    mask = Image.open(tmp_path / "out" / "masks" / "a_mask.png")
    np.testing.assert_array_equal(mask, wanted.mask)


def run(steps):
    """The end of steps that make no calls."""
    try:
        next(steps)
    except StopIteration as end:
        return end.value
    raise AssertionError("a call")


def test_all_that_goes_with_a_picture():
    random = np.random.default_rng(1)

    def array(*shape):
        return random.integers(0, 2, shape, np.uint8) * 255

    inputs = {
        "exemplar": picture(seed=2),
        "exemplar_mask": array(100, 150),
        "mask": array(100, 150),
        "instances": array(3, 100, 150, 1),
        "style_seed": 7,
    }
    (item,), _ = read_items(picture() // 2, inputs, KINDS)
    seen = []

    def ask(items, keep):
        yield from ()
        seen.extend(items)
        for place, item in enumerate(items):
            keep(place, answer(item, 1))

    result = run(translate_tiled(ask, item, PORTS, Tiling(64)))
    assert len(seen) == 12 and {i.inputs["style_seed"] for i in seen} == {7}
    for piece in seen:
        size = piece.inputs["image"].shape[:2]
        assert piece.inputs["exemplar"].shape == (*size, 3)
        # All of the exemplar, not a part of it.
        assert abs(piece.inputs["exemplar"].mean() - 127) < 4
    np.testing.assert_array_equal(result.image, picture() // 2 + 1)
    np.testing.assert_array_equal(result.mask, inputs["mask"])
    extras = result.extras
    np.testing.assert_array_equal(extras["instances"], inputs["instances"])
    assert extras["exemplar_mask"].shape == (100, 150, 1)


def answer(item, version):
    outputs = dict(item.inputs)
    image, mask = outputs.pop("image") + np.uint8(version), outputs.pop("mask")
    outputs = {n: v for n, v in outputs.items() if n in PORTS.outputs}
    outputs.pop("exemplar", None)
    return Translation(image, mask[..., 0], version, outputs)


@pytest.mark.parametrize("changes", [1, 9])
def test_tiles_of_an_older_version_are_asked_again(changes):
    (item,), _ = read_items(
        picture() // 2, {"mask": np.zeros((100, 150), np.uint8)}, KINDS
    )
    asked, told = [], []

    def ask(items, keep):
        yield from ()
        for place, piece in enumerate(items):
            asked.append(piece)
            version = 1 + min(len(asked) // 4, changes)
            keep(place, answer(piece, version))

    steps = translate_tiled(
        ask, item, PORTS, Tiling(64), lambda *count: told.append(count)
    )
    if changes == 9:
        with pytest.raises(ServingError, match="version changed 3 times"):
            run(steps)
        return
    result = run(steps)
    assert len(asked) == 12 + 3 and result.version == 2
    done = [*range(13), 10, 11, 12]  # three are asked for again
    assert told == [(number, 12) for number in done]
    np.testing.assert_array_equal(result.image, picture() // 2 + 2)
