"""Cases 1 to 37: Predict."""

import concurrent.futures
import io
import zlib

import grpc
import numpy as np
import pytest

from serving.conformance.requests import (
    DEADLINE,
    EXHAUSTED,
    INVALID,
    NOT_FOUND,
    PRECONDITION,
    arrays,
    floats,
    predict,
    predict_request,
    refused,
    toy_y,
)
from serving.protocol import protos, tensors


def check_default(response, version):
    assert response.model_spec.name == "toy"
    assert response.model_spec.version.value == version
    assert response.model_spec.signature_name == "serving_default"
    got = arrays(response)
    assert set(got) == {"y", "z"}
    np.testing.assert_allclose(got["y"], toy_y(floats(2, 4), version))
    np.testing.assert_allclose(got["z"], 2 * floats(2, 4))


@pytest.mark.case(1)
def test_the_newest_version_answers(server):
    check_default(predict(server, {"x": floats(2, 4)}), 2)


@pytest.mark.case(2)
def test_a_version_by_number(server):
    check_default(predict(server, {"x": floats(2, 4)}, version=1), 1)


@pytest.mark.case(3)
def test_the_default_signature_by_name(server):
    name = "serving_default"
    check_default(predict(server, {"x": floats(2, 4)}, signature=name), 2)


@pytest.mark.case(4)
def test_no_model_spec(server):
    with refused(INVALID, "Missing ModelSpec"):
        server.call(protos.PREDICT, protos.PredictRequest())


@pytest.mark.case(5)
def test_an_empty_name(server):
    with refused(INVALID, "ModelSpec has no name specified."):
        predict(server, {"x": floats(2, 4)}, name="")


@pytest.mark.case(6)
def test_an_unknown_model(server):
    with refused(NOT_FOUND, "Servable not found for request: Latest(nope)"):
        predict(server, {"x": floats(2, 4)}, name="nope")


@pytest.mark.parametrize(
    "version",
    [
        pytest.param(99, marks=pytest.mark.case(7)),
        pytest.param(0, marks=pytest.mark.case(8)),
        pytest.param(-1, marks=pytest.mark.case(9)),
    ],
)
def test_an_unknown_version(server, version):
    text = f"Servable not found for request: Specific(toy, {version})"
    with refused(NOT_FOUND, text):
        predict(server, {"x": floats(2, 4)}, version=version)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("toy", marks=pytest.mark.case(10)),
        pytest.param("nope", marks=pytest.mark.case(11)),
    ],
)
def test_an_unknown_label(server, name):
    with refused(INVALID, "Unrecognized servable version label: ghost"):
        predict(server, {"x": floats(2, 4)}, name=name, label="ghost")


@pytest.mark.case(12)
def test_an_unknown_signature(server):
    with refused(PRECONDITION, 'Serving signature key "nope" not found.'):
        predict(server, {"x": floats(2, 4)}, signature="nope")


NO_INPUTS = (
    "input size does not match signature: 0!=1 len({}) != len({x}). "
    "Sent extra: {}. Missing but required: {x}."
)


@pytest.mark.case(13)
def test_no_inputs(server):
    with refused(INVALID, NO_INPUTS):
        predict(server, {})


@pytest.mark.case(14)
def test_an_input_too_many(server):
    text = (
        "input size does not match signature: 2!=1 len({q,x}) != len({x}). "
        "Sent extra: {q}. Missing but required: {}."
    )
    with refused(INVALID, text):
        predict(server, {"x": floats(2, 4), "q": floats(1)})


@pytest.mark.case(15)
def test_a_wrong_input_name(server):
    pattern = (
        r"^Signature input alias: x\(feed name: .*\{q\}, or default input "
        "alias set: "
    )
    with refused(INVALID, pattern=pattern):
        predict(server, {"q": floats(2, 4)})


@pytest.mark.case(16)
def test_an_input_too_few(server):
    text = (
        "input size does not match signature: 1!=2 len({a}) != len({a,b}). "
        "Sent extra: {}. Missing but required: {b}."
    )
    with refused(INVALID, text):
        predict(server, {"a": floats(1, 2)}, signature="pair")


@pytest.mark.parametrize(
    ("value", "dtype"),
    [
        pytest.param(np.ones((2, 4)), "double", marks=pytest.mark.case(17)),
        pytest.param(
            np.full((2, 4), b"1", object), "string", marks=pytest.mark.case(18)
        ),
    ],
)
def test_a_wrong_type(server, value, dtype):
    pattern = rf"^Expects arg\[\d+\] to be float but {dtype} is provided"
    with refused(INVALID, pattern=pattern):
        predict(server, {"x": value})


@pytest.mark.case(19)
def test_a_wrong_size_that_the_model_refuses(server):
    pattern = r"^Matrix size-incompatible: In\[0\]: \[2,3\], In\[1\]: \[4,2\]"
    with refused(INVALID, pattern=pattern):
        predict(server, {"x": floats(2, 3)})


@pytest.mark.case(20)
@pytest.mark.parametrize("shape", [(8, 8, 3), (1, 16, 16, 3), (1, 8, 8, 4)])
def test_a_wrong_shape_that_the_guard_refuses(server, shape):
    pattern = (
        r"^Shape of tensor .*is not compatible with expected shape "
        r"\[\?,8,8,3\]\."
    )
    with refused(INVALID, pattern=pattern):
        predict(server, {"image": floats(*shape)}, signature="image")
    check_default(predict(server, {"x": floats(2, 4)}), 2)


def raw_proto(shape, dtype=1, **fields):
    proto = protos.TensorProto(dtype=dtype, **fields)
    for size in shape:
        proto.tensor_shape.dim.add(size=size)
    return proto


@pytest.mark.parametrize(
    "proto",
    [
        pytest.param(
            raw_proto([2, 4], tensor_content=b"\0" * 28),
            marks=pytest.mark.case(21),
        ),
        pytest.param(
            raw_proto([2, 4], dtype=0, float_val=[1]),
            marks=pytest.mark.case(22),
        ),
    ],
)
def test_a_tensor_that_cannot_be_read(server, proto):
    with refused(INVALID, "tensor parsing error: x"):
        predict(server, {"x": proto})


@pytest.mark.parametrize(
    ("shape", "values", "read"),
    [
        pytest.param((2, 4), [7], [7] * 8, marks=pytest.mark.case(23)),
        pytest.param((2, 4), [], [0] * 8, marks=pytest.mark.case(24)),
        pytest.param(
            (1, 4),
            [1, 2, 3, 4, 5, 6],
            [1, 2, 3, 4],
            marks=pytest.mark.case(25),
        ),
    ],
)
def test_short_and_long_value_lists(server, shape, values, read):
    response = predict(server, {"x": raw_proto(shape, float_val=values)})
    expected = 2 * np.float32(read).reshape(shape)
    np.testing.assert_array_equal(arrays(response)["z"], expected)


@pytest.mark.case(26)
def test_an_empty_batch(server):
    got = arrays(predict(server, {"x": floats(0, 4)}))
    assert (got["y"].shape, got["z"].shape) == ((0, 2), (0, 4))


@pytest.mark.case(27)
def test_chosen_outputs(server):
    response = predict(server, {"x": floats(2, 4)}, outputs=["z"])
    assert set(response.outputs) == {"z"}


@pytest.mark.case(28)
def test_an_unknown_output(server):
    text = (
        "output tensor alias not found in signature: nope Outputs expected to "
        "be in the set {y,z}."
    )
    with refused(INVALID, text):
        predict(server, {"x": floats(2, 4)}, outputs=["nope"])


@pytest.mark.case(29)
def test_an_output_named_twice(server):
    with refused(INVALID, "duplicate output tensor alias: z"):
        predict(server, {"x": floats(2, 4)}, outputs=["z", "z"])


@pytest.mark.case(30)
def test_inputs_are_checked_before_outputs(server):
    with refused(INVALID, NO_INPUTS):
        predict(server, {}, outputs=["nope"])


@pytest.mark.case(31)
def test_each_type_is_answered_in_its_own_field(server):
    response = predict(
        server, {"x": np.float32([0, 1, 200])}, signature="types"
    )
    fields = {
        "u8": "int_val",
        "i32": "int_val",
        "i64": "int64_val",
        "bool": "bool_val",
        "half": "half_val",
        "double": "double_val",
        "string": "string_val",
        "sc": "float_val",
    }
    assert set(response.outputs) == set(fields)
    for name, field in fields.items():
        proto = response.outputs[name]
        assert len(getattr(proto, field)) == (1 if name == "sc" else 3), name
        assert not proto.tensor_content
    assert not response.outputs["sc"].tensor_shape.dim
    got = arrays(response)
    assert got["u8"].tolist() == got["i64"].tolist() == [0, 1, 200]
    assert got["string"].tolist() == [b"0", b"1", b"200"]
    assert got["sc"] == 201


def png(pixels):
    """A PNG file of a uint8 array. It needs no Pillow."""
    height, width = pixels.shape[:2]

    def chunk(kind, data):
        body = kind + data
        return (
            len(data).to_bytes(4, "big")
            + body
            + zlib.crc32(body).to_bytes(4, "big")
        )

    size = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", size + b"\x08\x02\0\0\0")
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def byte_strings(*items):
    array = np.empty(len(items), object)
    array[:] = items
    return array


@pytest.mark.case(32)
def test_encoded_images(server):
    pillow = pytest.importorskip("PIL.Image")
    pixels = np.random.default_rng(0).integers(0, 256, (9, 7, 3), np.uint8)
    grey = np.full((9, 7, 3), 100, np.uint8)
    jpeg = io.BytesIO()
    pillow.fromarray(grey).save(jpeg, "JPEG", quality=95)
    sent = byte_strings(png(pixels), jpeg.getvalue())
    got = arrays(predict(server, {"b": sent}, signature="bytes"))["image"]
    np.testing.assert_array_equal(got[0], pixels)
    np.testing.assert_allclose(got[1].astype(int), 100, atol=2)


@pytest.mark.case(33)
@pytest.mark.parametrize(
    ("data", "pattern"),
    [(b"garbage", "^Unknown image file format"), (b"", "^Input is empty")],
)
def test_no_images(server, data, pattern):
    with refused(INVALID, pattern=pattern):
        predict(server, {"b": byte_strings(data)}, signature="bytes")


LARGE = (2**19, 4)  # 8 MiB of floats


@pytest.mark.case(34)
def test_large_messages_both_ways(server):
    response = predict(server, {"x": floats(*LARGE)}, outputs=["z"])
    assert arrays(response)["z"].shape == LARGE


@pytest.mark.case(35)
def test_a_large_answer_and_the_clients_own_limit(server):
    request = predict_request({"x": floats(*LARGE)}, outputs=["z"])
    with (
        grpc.insecure_channel(server.target) as channel,
        refused(EXHAUSTED, pattern="[Rr]eceived message larger than max"),
    ):
        server.call(protos.PREDICT, request, channel=channel)


@pytest.mark.case(36)
def test_a_deadline(server):
    with refused(DEADLINE):
        predict(server, {"x": floats(1, 4)}, signature="slow", timeout=0.05)
    check_default(predict(server, {"x": floats(2, 4)}), 2)


@pytest.mark.case(37)
def test_many_at_once(server):
    def one(number):
        x = np.full((1, 4), number, np.float32)
        for _ in range(20):
            try:
                return arrays(predict(server, {"x": x}))["z"]
            except grpc.RpcError as error:
                if error.code() != EXHAUSTED:
                    raise
        raise AssertionError("always RESOURCE_EXHAUSTED")

    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        for number, z in enumerate(pool.map(one, range(32))):
            np.testing.assert_array_equal(z, np.full((1, 4), 2.0 * number))


def test_the_reader_used_here_is_ours():
    # Case 25 sends more values than the shape has. Other readers refuse them.
    proto = raw_proto((1,), float_val=[1, 2])
    assert tensors.from_proto(proto).array.tolist() == [1]
