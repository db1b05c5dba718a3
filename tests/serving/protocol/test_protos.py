"""The shipped message descriptions against the official package."""

import subprocess
import sys
from importlib.metadata import version

import pytest
from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    model_management_pb2,
    predict_pb2,
    prediction_log_pb2,
)

from serving.protocol import make_protos, protos

OFFICIAL = [
    predict_pb2.PredictRequest,
    predict_pb2.PredictResponse,
    get_model_metadata_pb2.GetModelMetadataResponse,
    get_model_metadata_pb2.SignatureDefMap,
    model_management_pb2.ReloadConfigRequest,
    prediction_log_pb2.PredictionLog,
]


def flatten(descriptor, seen):
    """Every message reachable from one, with its fields as wire facts."""
    if descriptor.full_name not in seen:
        seen[descriptor.full_name] = {
            field.number: (
                field.name,
                field.type,
                field.message_type and field.message_type.full_name,
            )
            for field in descriptor.fields
        }
        for field in descriptor.fields:
            if field.message_type:
                flatten(field.message_type, seen)
    return seen


@pytest.mark.parametrize("official", OFFICIAL, ids=lambda c: c.__name__)
def test_messages_are_wire_identical(official):
    ours = getattr(protos, official.DESCRIPTOR.name)
    expected = flatten(official.DESCRIPTOR, {})
    got = flatten(ours.DESCRIPTOR, {})
    same = version("tensorflow-serving-api") == protos.GENERATED_FROM
    for name in expected.keys() & got.keys():
        # Another release may know fewer fields, but none with other numbers.
        numbers = expected[name].keys() & got[name].keys()
        for number in numbers:
            assert expected[name][number] == got[name][number], name
        assert not same or expected[name] == got[name]
    assert official.DESCRIPTOR.full_name in got
    assert not same or expected.keys() == got.keys()


def test_bytes_of_one_are_read_by_the_other():
    request = protos.PredictRequest()
    request.model_spec.name = "toy"
    request.model_spec.version.value = 3
    request.inputs["x"].dtype = 1
    request.inputs["x"].float_val.extend([1, 2])
    official = predict_pb2.PredictRequest.FromString(
        request.SerializeToString()
    )
    assert official.model_spec.version.value == 3
    assert official.inputs["x"].float_val == [1, 2]
    back = protos.PredictRequest.FromString(official.SerializeToString())
    assert back == request


def test_the_data_file_is_what_the_script_writes():
    if version("tensorflow-serving-api") != protos.GENERATED_FROM:
        pytest.skip("made from another release of tensorflow-serving-api")
    data = make_protos.descriptor_set().SerializeToString(deterministic=True)
    assert make_protos.TARGET.read_bytes() == data


def test_python_protobuf_can_load_it_too():
    # Where the wheel has no C extension, protobuf falls back to Python.
    code = (
        "from serving.protocol import protos\n"
        "print(protos.PredictRequest().inputs)"
    )
    subprocess.run(
        [sys.executable, "-c", code],
        env={"PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION": "python"},
        check=True,
        capture_output=True,
    )
