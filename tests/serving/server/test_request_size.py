"""The size of requests, read before anything of them is built."""

import numpy as np
import pytest

from serving.conformance.damage import (
    encoded_image,
    huge_jpeg,
    huge_tensor,
    strings,
)
from serving.conformance.requests import predict_request
from serving.protocol import tensors
from serving.protocol.status import CallError
from serving.server.request_size import RequestSize, read_request_size

LIMIT = 10**6


def request_size(**inputs):
    return read_request_size(predict_request(inputs).inputs, LIMIT)


@pytest.mark.parametrize(
    ("array", "pixels"),
    [
        (np.zeros((2, 5, 7, 3), np.uint8), 70),
        (np.zeros((2, 3, 5, 7, 1), np.uint8), 210),
        (np.zeros((2, 50, 70), np.float32), 7000),
        (np.zeros((20, 4), np.float32), 0),
        (np.zeros((), np.float32), 0),
        (strings(*[encoded_image("PNG")] * 3), 360),
        (strings(b"text", b""), 0),
    ],
)
def test_pixels(array, pixels):
    assert request_size(x=array).pixels == pixels


def test_all_inputs_count_together():
    size = request_size(
        image=np.zeros((1, 30, 20, 3), np.uint8),
        other=strings(encoded_image("JPEG")),
    )
    assert (size.pixels, size.largest) == (720, "1x30x20x3")
    assert size.memory(100) > 72_000
    size.check(720)
    with pytest.raises(CallError, match="images have 720 pixels .*At most 719"):
        size.check(719)


def test_a_short_message_counts_what_it_claims():
    assert (
        request_size(x=huge_tensor(4, 1, 8, 2_500_000, 3)).pixels == 20_000_000
    )
    assert request_size(x=huge_tensor(1, 10**6, 4)).other_bytes > 15 * 10**6
    one = predict_request({"b": strings(encoded_image("PNG"))})
    one.inputs["b"].tensor_shape.dim[0].size = 500
    assert read_request_size(one.inputs, LIMIT).pixels == 500 * 120


@pytest.mark.parametrize(
    "proto",
    [
        huge_tensor(1, -1, 4, 4, 3),
        huge_tensor(0, 4, 4, 3),
        huge_tensor(1, 2**62, 2**62, 4, 3),
        huge_tensor(7, 10**9),
    ],
)
def test_what_the_reader_refuses_counts_nothing(proto):
    size = request_size(x=proto)
    assert (size.pixels, size.other_bytes) == (0, proto.ByteSize())
    with pytest.raises(tensors.TensorError):
        tensors.from_proto(proto)


def test_files_that_no_size_can_be_read_of():
    jpeg = encoded_image("JPEG")
    for data in (jpeg[:30], b"\xff\xd8\xff" + bytes(500)):
        with pytest.raises(CallError, match="b: no size can be .* image 1,"):
            request_size(b=strings(encoded_image("PNG"), data))


def test_junk_hides_no_size():
    data = huge_jpeg(12_000, 12_000)
    at = data.index(b"\xff\xc0")
    size = request_size(b=strings(data[:at] + b"abc" + data[at:]))
    with pytest.raises(CallError, match="images claim 144000000 pixels"):
        size.check(LIMIT)


def test_nothing_is_within_every_limit():
    RequestSize(0, 0, "", False).check(0)
