"""Cases 38 to 45: GetModelMetadata and GetModelStatus."""

import pytest

from serving.conformance.requests import INVALID, NOT_FOUND, refused, spec
from serving.protocol import protos


def metadata(server, *fields, **options):
    request = spec(protos.GetModelMetadataRequest(), **options)
    request.metadata_field.extend(fields)
    return server.call(protos.GET_MODEL_METADATA, request)


def status(server, **options):
    request = spec(protos.GetModelStatusRequest(), **options)
    return server.call(protos.GET_MODEL_STATUS, request).model_version_status


@pytest.mark.case(38)
def test_metadata(server):
    response = metadata(server, "signature_def")
    assert response.model_spec.name == "toy"
    assert response.model_spec.version.value == 2
    assert response.model_spec.signature_name == ""
    packed = response.metadata["signature_def"]
    name = "tensorflow.serving.SignatureDefMap"
    assert packed.type_url == f"type.googleapis.com/{name}"
    table = protos.SignatureDefMap.FromString(packed.value).signature_def
    assert set(table) >= {
        "serving_default",
        "pair",
        "types",
        "image",
        "bytes",
        "classify",
        "regress",
        "slow",
        "__saved_model_init_op",
    }
    x = table["serving_default"].inputs["x"]
    assert x.dtype == 1
    assert [dim.size for dim in x.tensor_shape.dim] == [-1, 4]


@pytest.mark.case(39)
def test_metadata_of_nothing(server):
    text = "GetModelMetadataRequest must specify at least one metadata_field"
    with refused(INVALID, text):
        metadata(server)


@pytest.mark.case(40)
@pytest.mark.parametrize("name", ["toy", "nope"])
def test_unknown_metadata(server, name):
    with refused(INVALID, "Metadata field foo is not supported"):
        metadata(server, "foo", name=name)


@pytest.mark.case(41)
def test_metadata_of_no_model(server):
    request = protos.GetModelMetadataRequest(metadata_field=["signature_def"])
    with refused(INVALID, "Missing ModelSpec"):
        server.call(protos.GET_MODEL_METADATA, request)
    with refused(NOT_FOUND, "Servable not found for request: Latest(nope)"):
        metadata(server, "signature_def", name="nope")


@pytest.mark.case(42)
def test_status(server):
    statuses = status(server)
    assert [entry.version for entry in statuses] == [2, 1]
    for entry in statuses:
        assert entry.state == 30
        assert entry.status.error_code == 0
        assert entry.status.error_message == ""


@pytest.mark.case(43)
def test_status_of_a_version(server):
    assert [entry.version for entry in status(server, version=1)] == [1]
    text = "Could not find version 99 of model toy"
    with refused(NOT_FOUND, text):
        status(server, version=99)


@pytest.mark.case(44)
def test_status_of_no_model(server):
    with refused(NOT_FOUND, "Could not find any versions of model nope"):
        status(server, name="nope")
    with refused(INVALID, "Missing ModelSpec"):
        server.call(protos.GET_MODEL_STATUS, protos.GetModelStatusRequest())
    with refused(NOT_FOUND, "Could not find any versions of model "):
        status(server, name="")


@pytest.mark.case(45)
def test_status_ignores_labels(server):
    statuses = status(server, label="ghost")
    assert [entry.version for entry in statuses] == [2, 1]
