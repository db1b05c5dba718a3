"""What the client sends again, against a server that counts."""

import contextlib

import grpc
import numpy as np
import pytest
from serving_toys import answering

from serving.client import Client, InvalidArgument, Unavailable
from serving.protocol import protos, tensors


class Counter:
    """Answers metadata; refuses Predict with a code `times` times."""

    def __init__(self, code, times):
        self.code, self.times, self.calls = code, times, 0

    def metadata(self, request, context):
        table = protos.SignatureDefMap()
        signature = table.signature_def["serving_default"]
        signature.inputs["x"].dtype = 4
        signature.inputs["x"].tensor_shape.unknown_rank = True
        response = protos.GetModelMetadataResponse()
        packed = response.metadata["signature_def"]
        packed.value = table.SerializeToString()
        return response

    def predict(self, request, context):
        self.calls += 1
        if self.calls <= self.times:
            context.abort(self.code, "not now")
        response = protos.PredictResponse()
        tensors.fill_proto(response.outputs["y"], np.uint8([7]))
        return response


@contextlib.contextmanager
def counting_server(code, times):
    counter = Counter(code, times)
    with answering(counter) as target:
        yield target, counter


# gRPC's own retries stop silently above 256 KiB.
SIZES = [1000, 3 * 2**20]
CODES = [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("code", CODES)
def test_an_overloaded_server_is_asked_again(size, code):
    with (
        counting_server(code, 2) as (target, counter),
        Client(target, "toy") as client,
    ):
        answer = client.predict({"x": np.zeros(size, np.uint8)})
    assert counter.calls == 3
    assert answer.outputs["y"].tolist() == [7]


def test_after_the_last_attempt_the_error_is_raised():
    with (
        counting_server(grpc.StatusCode.UNAVAILABLE, 9) as (target, counter),
        Client(target, "toy", attempts=2) as client,
        pytest.raises(Unavailable, match="not now"),
    ):
        client.predict({"x": np.zeros(9, np.uint8)})
    assert counter.calls == 2


def test_a_wrong_request_is_sent_once():
    code = grpc.StatusCode.INVALID_ARGUMENT
    with (
        counting_server(code, 9) as (target, counter),
        Client(target, "toy") as client,
        pytest.raises(InvalidArgument),
    ):
        client.predict({"x": np.zeros(9, np.uint8)})
    assert counter.calls == 1
