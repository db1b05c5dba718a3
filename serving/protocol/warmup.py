"""Warm-up: recorded requests that a version answers before it serves."""

import pathlib
import struct
from collections.abc import Callable, Mapping

from google.protobuf.message import DecodeError

from serving.protocol import protos
from serving.protocol.status import (
    DATA_LOSS,
    INVALID_ARGUMENT,
    UNIMPLEMENTED,
    CallError,
)
from serving.protocol.tensors import fill_proto

WARM_UP_FILE = pathlib.Path("assets.extra", "tf_serving_warmup_requests")
MAX_RECORDS = 1000


def _crc32c_table():
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return table


_TABLE = _crc32c_table()


def masked_crc(data: bytes) -> int:
    """The checksum of TFRecord: CRC-32C, rotated and shifted."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ _TABLE[(crc ^ byte) & 255]
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def read_records(path: pathlib.Path):
    """The records of a TFRecord file.

    The checksum of each length is checked. The checksum of the contents is not
    checked: in Python that would take a second for each 5 MB.

    Args:
        path: the file.

    Yields:
        bytes of a record.

    Raises:
        CallError: DATA_LOSS; it is not a TFRecord file, or it is cut off.
    """

    def lost(what, at):
        return CallError(
            DATA_LOSS,
            f"{what} record at {at}. Please verify your warmup data is in "
            "TFRecord format.",
        )

    with open(path, "rb") as file:
        while True:
            at = file.tell()
            head = file.read(12)
            if not head:
                return
            if len(head) < 12:
                raise lost("truncated", at)
            length, checksum = struct.unpack("<QI", head)
            if masked_crc(head[:8]) != checksum:
                raise lost("corrupted", at)
            body = file.read(length + 4)
            if len(body) < length + 4:
                raise lost("truncated", at)
            yield body[:-4]


def write_records(path: str | pathlib.Path, logs) -> None:
    """Writes a warm-up file that TensorFlow Serving can read, too.

    Args:
        path: the file, `WARM_UP_FILE` in the version's folder.
        logs: `PredictionLog` messages, such as `predict_log` makes.
    """
    with open(path, "wb") as file:
        for log in logs:
            data = log.SerializeToString()
            head = struct.pack("<Q", len(data))
            for part in (head, data):
                file.write(part)
                file.write(struct.pack("<I", masked_crc(part)))


def predict_log(signature: str, inputs: Mapping):
    """The record of one Predict request.

    Args:
        signature: str, name of the signature.
        inputs: input name to array.

    Returns:
        `PredictionLog`.
    """
    log = protos.PredictionLog()
    request = log.predict_log.request
    request.model_spec.signature_name = signature
    for name, value in inputs.items():
        fill_proto(request.inputs[name], value)
    return log


def _replay(answer, log):
    kind = log.WhichOneof("log_type")
    if kind == "predict_log":
        answer(log.predict_log.request)
    elif kind is not None:
        number = log.DESCRIPTOR.fields_by_name[kind].number
        raise CallError(
            UNIMPLEMENTED, f"Unsupported log_type for warmup: {number}"
        )


def warm_up(folder: str | pathlib.Path, answer: Callable) -> int:
    """Replays the warm-up requests of a version, if it has any.

    Args:
        folder: the version's folder.
        answer: function of a `PredictRequest`. It returns the answer.

    Returns:
        int, how many records were replayed.

    Raises:
        CallError: the file cannot be read, or a request failed. The version
            must not go live then.
    """
    path = pathlib.Path(folder) / WARM_UP_FILE
    if not path.exists():
        return 0
    count = 0
    for record in read_records(path):
        try:
            log = protos.PredictionLog.FromString(record)
        except DecodeError as error:
            raise CallError(
                INVALID_ARGUMENT,
                f"Failed to parse warmup record: {record[:80]!r} from {path}",
            ) from error
        _replay(answer, log)
        count += 1
        if count > MAX_RECORDS:
            raise CallError(
                INVALID_ARGUMENT,
                "Number of warmup records exceeds the maximum "
                f"({MAX_RECORDS}) at {path}",
            )
    return count
