"""Short functions for the requests and expectations of the contract test."""

import contextlib
import re
import time

import grpc
import numpy as np

from serving.protocol import protos, tensors

INVALID = grpc.StatusCode.INVALID_ARGUMENT
NOT_FOUND = grpc.StatusCode.NOT_FOUND
PRECONDITION = grpc.StatusCode.FAILED_PRECONDITION
DEADLINE = grpc.StatusCode.DEADLINE_EXCEEDED
EXHAUSTED = grpc.StatusCode.RESOURCE_EXHAUSTED


def floats(*shape):
    """Float32 array of ones."""
    return np.ones(shape, np.float32)


def spec(message, name="toy", version=None, label=None, signature=""):
    """Fills the `ModelSpec` of a message."""
    message.model_spec.SetInParent()
    message.model_spec.name = name
    message.model_spec.signature_name = signature
    if version is not None:
        message.model_spec.version.value = version
    if label is not None:
        message.model_spec.version_label = label
    return message


def predict_request(inputs, *, outputs=(), **options):
    """Makes a `PredictRequest` of arrays or `TensorProto`s, by input name."""
    request = spec(protos.PredictRequest(), **options)
    for name, value in inputs.items():
        if isinstance(value, protos.TensorProto):
            request.inputs[name].CopyFrom(value)
        else:
            tensors.fill_proto(request.inputs[name], value)
    request.output_filter.extend(outputs)
    return request


def predict(server, inputs, *, timeout=30, **options):
    """Sends a Predict request."""
    request = predict_request(inputs, **options)
    return server.call(protos.PREDICT, request, timeout)


def arrays(response):
    """Dict from output name to array."""
    return {
        name: tensors.plain_array(tensors.from_proto(proto))
        for name, proto in response.outputs.items()
    }


@contextlib.contextmanager
def refused(code, text=None, pattern=None):
    """Expects an error: its code, and its exact text or a pattern of it."""
    try:
        yield
    except grpc.RpcError as caught:
        error = caught
    else:
        raise AssertionError(f"expected {code}. Got: an answer")
    assert error.code() == code, error.details()
    if text is not None:
        assert error.details() == text
    if pattern is not None:
        assert re.search(pattern, error.details(), re.DOTALL), error.details()


def with_examples(message, *values):
    """Fills the `Input` of a message with one tf.Example for each value."""
    for value in values:
        example = message.input.example_list.examples.add()
        example.features.feature["value"].float_list.value.append(value)
    return message


def toy_y(x, version):
    """The output `y` of the toy model."""
    weights = [[1.0, -1.0], [2.0, 0.5], [0.0, 1.0], [-1.0, 3.0]]
    return np.asarray(x) @ np.float32(weights) + 100.0 * version


def eventually(condition):
    """Waits until a function returns a true value; returns this value."""
    end = time.monotonic() + 20.0
    while True:
        value = condition()
        if value or time.monotonic() > end:
            assert value, "it did not happen in time"
            return value
        time.sleep(0.05)
