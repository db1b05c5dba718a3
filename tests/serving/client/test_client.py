"""The client against the local server in another process."""

import socket
import subprocess
import sys
import time

import grpc
import numpy as np
import pytest
from PIL import Image

from serving.client import (
    Client,
    DeadlineExceeded,
    EncodedTranslation,
    InvalidArgument,
    NotFound,
    NotReady,
    ServingError,
    Unavailable,
)


@pytest.fixture
def client(toy_target):
    with Client(toy_target, "toy", timeout=20) as client:
        yield client


def picture(height=12, width=10, seed=0):
    random = np.random.default_rng(seed)
    return random.integers(0, 256, (height, width, 3), np.uint8)


def expected(image, amount=80, mask=None):
    if mask is None:
        mask = np.where(image[..., 0] > 127, 255, 0).astype(np.uint8)
    moved = np.clip(image.astype(int) + amount, 0, 255).astype(np.uint8)
    return np.where(mask[..., None] > 127, moved, image), mask


def assert_translated(result, image, amount=80, mask=None):
    wanted_image, wanted_mask = expected(image, amount, mask)
    assert result.image.dtype == result.mask.dtype == np.uint8
    np.testing.assert_array_equal(result.image, wanted_image)
    np.testing.assert_array_equal(result.mask, wanted_mask)


def write(path, image):
    Image.fromarray(image).save(path)
    return path


def test_one_image_gives_one_image_and_its_mask(client):
    result = client.translate(picture())
    assert_translated(result, picture())
    assert result.version == 2
    result.image[0, 0] = 7  # the caller may draw into it


def test_the_other_direction(client):
    assert_translated(client.translate(picture(), "b_to_a"), picture(), -80)


def test_a_given_version(client):
    result = client.translate(picture(), version=2)
    assert result.version == 2
    with pytest.raises(NotFound, match=r"Specific\(toy, 9\).*status\(\)"):
        client.translate(picture(), version=9)


def test_a_batch_keeps_its_leading_dimension(client):
    batch = np.stack([picture(seed=n) for n in range(3)])
    result = client.translate(batch)
    assert_translated(result, batch)


def test_a_batch_is_split_by_bytes_and_put_together(toy_target):
    batch = np.stack([picture(seed=n) for n in range(7)])
    with Client(toy_target, "toy", batch_bytes=800) as client:
        assert_translated(client.translate(batch), batch)


def test_a_list_of_unequal_images_keeps_its_order(client):
    sizes = [(12, 10), (8, 9), (12, 10), (8, 9)]
    images = [picture(*size, seed=n) for n, size in enumerate(sizes)]
    results = client.translate(images)
    for image, result in zip(images, results, strict=True):
        assert_translated(result, image)


def test_the_callers_own_mask_is_used(client):
    mask = np.zeros((12, 10), np.uint8)
    mask[3:6] = 255
    result = client.translate(picture(), mask=mask)
    assert_translated(result, picture(), mask=mask)


def test_a_file_and_its_bytes(client, tmp_path):
    path = write(tmp_path / "one.png", picture())
    for value in (path, str(path), path.read_bytes()):
        result = client.translate(value)
        assert isinstance(result, EncodedTranslation)
        assert result.image_png.startswith(b"\x89PNG")
        assert_translated(result, picture())


def test_a_list_of_files_of_unequal_sizes(client, tmp_path):
    images = [picture(8 + n % 2, 9, seed=n) for n in range(4)]
    paths = [write(tmp_path / f"{n}.png", i) for n, i in enumerate(images)]
    for image, result in zip(images, client.translate(paths), strict=True):
        assert_translated(result, image)


def test_the_bad_file_of_a_batch_is_named(client, tmp_path):
    paths = [write(tmp_path / f"{n}.png", picture(seed=n)) for n in range(3)]
    paths[1].write_bytes(paths[1].read_bytes()[:60])
    with pytest.raises(InvalidArgument, match="1.png: ") as caught:
        client.translate(paths)
    assert "node" not in str(caught.value)
    first, missing, last = caught.value.results
    assert missing is None and [*caught.value.failures] == [1]
    assert_translated(first, picture(seed=0))
    assert_translated(last, picture(seed=2))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (np.zeros((4, 4)), r"`image`: expected \(H, W, 3\).*\(4, 4\)"),
        (np.zeros((4, 4, 4), np.uint8), r"\(H, W, 3\).*\(4, 4, 4\)"),
        (np.zeros((4, 4, 3), np.float32), "uint8, 0 to 255.*float32"),
        ("missing.png", "missing.png: No such file"),
        (b"no image at all", "JPEG, BMP or WebP.*something else of 15 bytes"),
        (b"GIF89a\1\0\1\0\0\0\0;", "BMP or WebP.*a GIF image"),
        (np.zeros((0, 4, 4, 3), np.uint8), "at least one image"),
    ],
)
def test_what_is_no_image_is_refused_here(client, value, text):
    with pytest.raises(InvalidArgument, match=text):
        client.translate(value)


def test_an_unequal_mask_is_refused_here(client):
    with pytest.raises(InvalidArgument, match=r"`mask` of .*\(12, 10\).*\(3,"):
        client.translate(picture(), mask=np.zeros((3, 4), np.uint8))
    with pytest.raises(InvalidArgument, match="expected 2, one an image"):
        client.translate([picture(), picture()], mask=[picture()[..., 0]])
    with pytest.raises(InvalidArgument, match="must be an array"):
        png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1"
        client.translate(png, mask=np.zeros((1, 1), np.uint8))


def test_an_unknown_direction_lists_the_signatures(client):
    with pytest.raises(InvalidArgument, match="no signature 'up'.*a_to_b,"):
        client.translate(picture(), "up")


def test_predict_checks_names_types_and_shapes(client):
    good = picture()[None]
    assert client.predict({"image": good}).version == 2
    only = client.predict({"image": good}, "a_to_b", outputs=["mask"])
    assert set(only.outputs) == {"mask"}
    for inputs, text in (
        ({"picture": good}, "Missing: image. Unknown: picture"),
        ({"image": good.astype("f4")}, r"uint8 \[\?,\?,\?,3\]. Got: float"),
        ({"image": good[0]}, r"Got: uint8 \[12,10,3\]"),
        ({"image": good.astype("M8[s]")}, "cannot be sent"),
    ):
        with pytest.raises(InvalidArgument, match=text):
            client.predict(inputs)


def test_status_and_metadata(client):
    first = client.status()[0]
    assert (first.version, first.state, first.error) == (2, "AVAILABLE", "")
    signature = client.metadata().signatures["a_to_b"]
    assert str(signature.inputs["image"]) == "uint8 [?,?,?,3]"
    assert set(signature.outputs) == {"image", "mask"}
    with pytest.raises(NotFound):
        client.status(model="nope")


def test_a_model_is_needed(toy_target):
    with (
        Client(toy_target) as client,
        pytest.raises(InvalidArgument, match="`model`"),
    ):
        client.translate(picture())


def test_a_server_that_is_not_there():
    with Client("127.0.0.1:1", "toy", timeout=5, attempts=2) as client:
        with pytest.raises(Unavailable) as caught:
            client.translate(picture())
        assert caught.value.code == grpc.StatusCode.UNAVAILABLE
        assert caught.value.details
        start = time.monotonic()
        with pytest.raises(NotReady, match="not ready after 0.5 s"):
            client.wait_ready(0.5)
        assert time.monotonic() - start < 3


def test_wait_ready_names_the_version_that_answers(client):
    assert client.wait_ready(10) == 2
    assert client.wait_ready(10, version=2) == 2
    with pytest.raises(NotReady, match="Could not find version 9"):
        client.wait_ready(0.3, version=9)


def test_every_call_has_a_deadline():
    # It accepts connections and never answers.
    with socket.create_server(("127.0.0.1", 0)) as silent:
        target = f"127.0.0.1:{silent.getsockname()[1]}"
        with (
            Client(target, "toy", timeout=0.3) as client,
            pytest.raises(DeadlineExceeded) as caught,
        ):
            client.translate(picture())
    assert isinstance(caught.value, ServingError)
    assert caught.value.code == grpc.StatusCode.DEADLINE_EXCEEDED
    assert caught.value.details


@pytest.mark.parametrize(
    "options",
    [
        {"timeout": 0},
        {"attempts": 9},
        {"compression": "zip"},
    ],
)
def test_bad_options_are_refused(options):
    with pytest.raises(ValueError, match=next(iter(options))):
        Client("127.0.0.1:1", **options)


def test_compressed_requests(toy_target):
    with Client(toy_target, "toy", compression="gzip") as client:
        assert_translated(client.translate(picture()), picture())


IMPORTS = """
import sys, time
start = time.process_time()
import serving.client
spent = time.process_time() - start
loaded = {name.partition(".")[0] for name in sys.modules}
assert not loaded & {"tensorflow", "keras", "tfmask", "PIL"}, loaded
status = open("/proc/self/status").read()
print(spent, int(status.split("RssAnon:")[1].split()[0]) / 1024)
"""


def test_import_is_light_and_free_of_tensorflow():
    # Processor time, the smallest of three, does not count other work on the
    # machine. It is about 0.2 s. Private memory counts, because the kernel
    # decides how much of the libraries' files is resident (the same files had
    # 53 MB on one machine and 64 MB on another).
    runs = [
        subprocess.run(
            [sys.executable, "-c", IMPORTS],
            capture_output=True,
            check=True,
            text=True,
        ).stdout.split()
        for _ in range(3)
    ]
    assert min(float(seconds) for seconds, _ in runs) < 0.5
    assert min(float(private) for _, private in runs) < 40
