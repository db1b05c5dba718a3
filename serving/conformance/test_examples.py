"""Cases 47 to 53: Classify, Regress, MultiInference, codes, health.

Cases 46 and 50 and the good answers of case 51 are not tested. No signature of
ours takes examples. The local server refuses such requests, and TensorFlow
Serving answers them.
"""

import grpc
import pytest

from serving.conformance.requests import INVALID, refused, spec, with_examples
from serving.protocol import protos

CLASSIFY = "tensorflow/serving/classify"
REGRESS = "tensorflow/serving/regress"


def classify(server, signature, *values):
    request = spec(protos.ClassificationRequest(), signature=signature)
    return server.call(protos.CLASSIFY, with_examples(request, *values))


@pytest.mark.case(47)
def test_classify_with_a_signature_for_predict(server):
    pattern = (
        "^(No classification inputs found in SignatureDef: |Expected one or "
        "two output Tensors|Expected classification signature outputs)"
    )
    with refused(INVALID, pattern=pattern):
        classify(server, "", 1.0)


@pytest.mark.case(48)
def test_classify_with_an_unknown_signature(server):
    with refused(INVALID, "No signature was found with the name: nope"):
        classify(server, "nope", 1.0)


@pytest.mark.case(49)
def test_classify_nothing(server):
    with refused(INVALID, "Input is empty."):
        classify(server, "classify")


@pytest.mark.case(47)
def test_regress_with_a_signature_for_predict(server):
    request = spec(protos.RegressionRequest())
    with refused(INVALID, "Expected one output Tensor."):
        server.call(protos.REGRESS, with_examples(request, 1.0))


def multi(server, *tasks, values=(0.5,)):
    request = protos.MultiInferenceRequest()
    for method, options in tasks:
        spec(request.tasks.add(method_name=method), **options)
    return server.call(protos.MULTI_INFERENCE, with_examples(request, *values))


BOTH = (
    (CLASSIFY, {"signature": "classify"}),
    (REGRESS, {"signature": "regress"}),
)


@pytest.mark.case(51)
@pytest.mark.parametrize(
    ("tasks", "text"),
    [
        ((), "ModelSpec has no name specified."),
        (
            (BOTH[0], (REGRESS, {"name": "other", "signature": "regress"})),
            "All ModelSpecs in a MultiInferenceRequest must access the same "
            "model name.",
        ),
        ((BOTH[0], BOTH[0]), "Duplicate evaluation of signature: classify"),
        (
            ((CLASSIFY, {"signature": "nope"}),),
            "Requested signature not found in model graph: nope",
        ),
        (
            (BOTH[0], (REGRESS, {"name": "", "signature": "regress"})),
            "Found ModelSpec with an empty model name.",
        ),
    ],
)
def test_tasks_that_do_not_fit(server, tasks, text):
    with refused(INVALID, text):
        multi(server, *tasks)


@pytest.mark.case(51)
def test_a_task_of_another_kind(server):
    text = "Unsupported signature method_name: something"
    with refused(grpc.StatusCode.UNIMPLEMENTED, text):
        multi(server, ("something", {"signature": "classify"}))


@pytest.mark.case(52)
def test_unknown_methods_and_broken_bytes(server):
    unknown = protos.PREDICT._replace(name="Guess")
    with refused(grpc.StatusCode.UNIMPLEMENTED):
        server.call(unknown, protos.PredictRequest())
    with refused(grpc.StatusCode.INTERNAL):
        server.call(protos.PREDICT, b"\xff\xff\xff")


@pytest.mark.case(53)
def test_health(server, answers_health):
    request = protos.HealthCheckRequest()
    if not answers_health:
        with refused(grpc.StatusCode.UNIMPLEMENTED):
            server.call(protos.HEALTH_CHECK, request)
        return
    assert server.call(protos.HEALTH_CHECK, request).status == 1
    stream = server.channel.unary_stream(
        protos.HEALTH_WATCH.path,
        request_serializer=protos.HealthCheckRequest.SerializeToString,
        response_deserializer=protos.HealthCheckResponse.FromString,
    )(request, timeout=10)
    assert next(stream).status == 1
    stream.cancel()
