"""Our tensor messages against TensorFlow's own reader and writer."""

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.framework import tensor_pb2

from serving.protocol import protos, tensors, wire

TYPES = [
    "float32",
    "float64",
    "float16",
    "complex64",
    "complex128",
    "int8",
    "uint8",
    "int16",
    "uint16",
    "int32",
    "uint32",
    "int64",
    "uint64",
    "bool",
]


def proto_of(value):
    proto = protos.TensorProto()
    tensors.fill_proto(proto, value)
    return proto


def values(dtype, shape=(3, 5)):
    random = np.random.default_rng(0)
    raw = random.integers(0, 256, (*shape, np.dtype(dtype).itemsize), np.uint8)
    if dtype == "bool":
        return raw[..., 0] > 127
    array = raw.view(dtype)[..., 0].copy()
    return np.nan_to_num(array)


def official(data):
    """TensorFlow's message with the same bytes."""
    return tensor_pb2.TensorProto.FromString(data)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("shape", [(3, 5), (), (0, 4), (300,)])
def test_numbers_survive_each_form(dtype, shape):
    array = values(dtype, shape)
    tensor = tensors.Tensor(tensors.data_type(array), array)
    sent = proto_of(array).SerializeToString()
    typed, raw = tensors.typed_bytes(tensor), tensors.content_bytes(tensor)
    for data in (sent, typed, raw):
        np.testing.assert_array_equal(tf.make_ndarray(official(data)), array)
        for read in (
            tensors.from_bytes(data),
            tensors.from_proto(protos.TensorProto.FromString(data)),
        ):
            assert read.kind.name == tensors.data_type(array).name
            assert read.array.shape == array.shape
            np.testing.assert_array_equal(read.array, array)
    assert not official(typed).tensor_content
    # Protobuf itself writes the same bytes for the typed field.
    if array.size:
        assert official(typed).SerializeToString() == typed


def test_strings_survive():
    array = np.array([[b"", b"\xff\0"], ["text", b"x" * 300]], object)
    data = proto_of(array).SerializeToString()
    read = tensors.from_bytes(data)
    expected = [[b"", b"\xff\0"], [b"text", b"x" * 300]]
    assert read.array.tolist() == expected
    assert tf.make_ndarray(official(data)).tolist() == expected
    typed = tensors.typed_bytes(read)
    assert tensors.from_bytes(typed).array.tolist() == expected


def test_bfloat16_is_read_as_the_same_numbers():
    array = tf.constant([1.5, -2.0, 3e38], tf.bfloat16)
    data = tf.make_tensor_proto(array).SerializeToString()
    plain = tensors.plain_array(tensors.from_bytes(data))
    assert plain.dtype == np.float32
    np.testing.assert_array_equal(plain, tf.cast(array, tf.float32))


def proto(dtype, shape, **typed):
    message = tensor_pb2.TensorProto(dtype=dtype, **typed)
    for size in shape:
        message.tensor_shape.dim.add(size=size)
    return message


FLOAT, UINT8, STRING, HALF = 1, 4, 7, 19
EXACT = b"\1\0\0\0\2\0\0\0"
CASES = {
    "exact content": proto(3, [2], tensor_content=EXACT),
    "short content": proto(3, [2], tensor_content=EXACT[:-1]),
    "long content": proto(3, [2], tensor_content=EXACT + b"\0"),
    "content wins": proto(3, [2], tensor_content=EXACT, int_val=[7, 8]),
    "content of an empty tensor": proto(3, [0], tensor_content=EXACT),
    "last value repeated": proto(FLOAT, [2, 3], float_val=[1.5, 2.5]),
    "no values": proto(FLOAT, [2, 3]),
    "no strings": proto(STRING, [2]),
    "last string repeated": proto(STRING, [3], string_val=[b"a", b"b"]),
    "surplus values": proto(FLOAT, [2], float_val=[1, 2, 3]),
    "surplus strings": proto(STRING, [1], string_val=[b"a", b"b"]),
    "another field": proto(FLOAT, [2], double_val=[1, 2]),
    "negative size": proto(FLOAT, [-1, 2], float_val=[1]),
    "overflowing size": proto(FLOAT, [2**40, 2**40]),
    "overflow before a zero": proto(FLOAT, [2**40, 2**40, 0]),
    "no type": proto(0, [2], float_val=[1, 2]),
    "a reference type": proto(101, [2], float_val=[1, 2]),
    "uint8 wraps": proto(UINT8, [3], int_val=[300, -1, 255]),
    "negative integers": proto(3, [2], int_val=[-5, 2**31 - 1]),
    "int64 extremes": proto(9, [2], int64_val=[-(2**63), 2**63 - 1]),
    "half bits": proto(HALF, [2], half_val=[15360, 49152]),
    "odd complex": proto(8, [2], scomplex_val=[1, 2, 3]),
    "bool": proto(10, [2], bool_val=[True, False]),
    "scalar": proto(FLOAT, [], float_val=[3]),
    "string content": proto(STRING, [2], tensor_content=b"\1\2abc"),
    "cut string content": proto(STRING, [2], tensor_content=b"\1\2ab"),
    "surplus string content": proto(STRING, [2], tensor_content=b"\1\2abcd"),
}


@pytest.mark.parametrize("name", CASES)
def test_reading_agrees_with_tensorflow(name):
    message = CASES[name]
    data = message.SerializeToString()
    try:
        dtype = tf.dtypes.as_dtype(message.dtype).base_dtype
        expected = tf.io.parse_tensor(data, dtype).numpy()
    except (tf.errors.InvalidArgumentError, TypeError):
        with pytest.raises(tensors.TensorError):
            tensors.from_bytes(data)
        return
    got = tensors.from_bytes(data).array
    assert got.shape == expected.shape
    np.testing.assert_array_equal(got, expected)


def test_unknown_rank_without_sizes_is_a_scalar():
    message = proto(FLOAT, [], float_val=[3])
    message.tensor_shape.unknown_rank = True
    assert tensors.from_bytes(message.SerializeToString()).array.shape == ()


def test_random_damage_never_does_worse_than_an_error():
    random = np.random.default_rng(0)
    for message in CASES.values():
        data = bytearray(message.SerializeToString())
        for _ in range(30):
            broken = bytearray(data)
            broken[random.integers(len(data))] = random.integers(256)
            try:
                tensors.from_bytes(bytes(broken))
            except tensors.TensorError:
                continue


@pytest.mark.parametrize("shape", [[10**6, 10**6], [2**24 + 2]])
@pytest.mark.parametrize("typed", [{}, {"float_val": [1.0]}])
def test_a_short_message_cannot_ask_for_much_memory(shape, typed):
    data = proto(FLOAT, shape, **typed).SerializeToString()
    with pytest.raises(tensors.TensorTooLargeError, match="Send all values"):
        tensors.from_bytes(data)
    strings = proto(STRING, [10**12]).SerializeToString()
    with pytest.raises(tensors.TensorTooLargeError):
        tensors.from_bytes(strings)


@pytest.mark.parametrize("shape", [(2**30, 0, 2**33), (1,) * 33])
def test_a_shape_beyond_numpy_is_refused(shape):
    proto = protos.TensorProto(dtype=1)
    for size in shape:
        proto.tensor_shape.dim.add(size=size)
    with pytest.raises(tensors.TensorTooLargeError):
        tensors.from_proto(proto)


def test_what_cannot_be_sent_is_named():
    with pytest.raises(tensors.TensorError, match="datetime64.*float, double"):
        proto_of(np.array(["2020-01-01"], "M8[D]"))


def test_varints_of_all_lengths():
    numbers = np.array(
        [0, 1, 127, 128, 255, 256, 16383, 16384, 2**35, 2**63 - 1, -1, -300]
    )
    packed = wire.pack_integers(numbers)
    expected = b"".join(wire.varint(int(n) % 2**64) for n in numbers)
    assert packed.tobytes() == expected
    back = wire.unpack_integers(packed).astype(np.int64)
    np.testing.assert_array_equal(back, numbers)
    with pytest.raises(wire.WireError, match="no end"):
        wire.unpack_integers(packed[:-1] | 128)


def test_the_bytes_of_an_image_keep_their_order():
    image = np.random.default_rng(0).integers(0, 256, 5000, np.uint8)
    packed = wire.pack_bytes(image)
    expected = tensor_pb2.TensorProto(int_val=image.tolist())
    body = next(
        value
        for number, _, value in wire.fields(expected.SerializeToString())
        if number == 7
    )
    assert packed.tobytes() == bytes(body)
    np.testing.assert_array_equal(wire.unpack_integers(packed), image)
