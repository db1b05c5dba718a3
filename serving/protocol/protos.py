"""The message classes of TensorFlow Serving, without TensorFlow.

They are built from `tfmask_protos.bin` (see `make_protos.py`) in a pool of
their own, so they never clash with TensorFlow's classes in the same process.
The wire format and the full names are the official ones. Only Python's
`isinstance` sees a difference.

The proto files described in the data file are Copyright The TensorFlow
Authors and The gRPC Authors, Apache License 2.0
(https://www.apache.org/licenses/LICENSE-2.0).
"""

import pathlib
from typing import Any, NamedTuple

from google.protobuf import (
    descriptor_pb2,
    descriptor_pool,
    message_factory,
    text_format,
)

# The tensorflow-serving-api release that the data file was made from.
GENERATED_FROM = "2.21.0"


def _private_pool():
    path = pathlib.Path(__file__).with_name("tfmask_protos.bin")
    files = descriptor_pb2.FileDescriptorSet.FromString(path.read_bytes())
    pool = descriptor_pool.DescriptorPool()
    for file in files.file:
        pool.AddSerializedFile(file.SerializeToString())
    return pool


_POOL = _private_pool()


def _message(full_name: str) -> Any:
    return message_factory.GetMessageClass(
        _POOL.FindMessageTypeByName(full_name)
    )


def _serving(name: str) -> Any:
    return _message(f"tensorflow.serving.{name}")


TensorProto = _message("tensorflow.TensorProto")
MetaGraphDef = _message("tensorflow.MetaGraphDef")

ModelSpec = _serving("ModelSpec")
PredictRequest = _serving("PredictRequest")
PredictResponse = _serving("PredictResponse")
GetModelMetadataRequest = _serving("GetModelMetadataRequest")
GetModelMetadataResponse = _serving("GetModelMetadataResponse")
SignatureDefMap = _serving("SignatureDefMap")
ClassificationRequest = _serving("ClassificationRequest")
ClassificationResponse = _serving("ClassificationResponse")
RegressionRequest = _serving("RegressionRequest")
RegressionResponse = _serving("RegressionResponse")
MultiInferenceRequest = _serving("MultiInferenceRequest")
MultiInferenceResponse = _serving("MultiInferenceResponse")
GetModelStatusRequest = _serving("GetModelStatusRequest")
GetModelStatusResponse = _serving("GetModelStatusResponse")
ReloadConfigRequest = _serving("ReloadConfigRequest")
ReloadConfigResponse = _serving("ReloadConfigResponse")
ModelServerConfig = _serving("ModelServerConfig")
ModelConfig = _serving("ModelConfig")
PredictionLog = _serving("PredictionLog")
BatchingParameters = _serving("BatchingParameters")
SSLConfig = _serving("SSLConfig")
HealthCheckRequest = _message("grpc.health.v1.HealthCheckRequest")
HealthCheckResponse = _message("grpc.health.v1.HealthCheckResponse")


class Method(NamedTuple):
    """One remote procedure: where it lives and what it carries."""

    service: str
    name: str
    request: Any
    response: Any

    @property
    def path(self) -> str:
        """The path on the wire, as gRPC channels want it."""
        return f"/{self.service}/{self.name}"


_PREDICTION = "tensorflow.serving.PredictionService"
_MODEL = "tensorflow.serving.ModelService"
_HEALTH = "grpc.health.v1.Health"

PREDICT = Method(_PREDICTION, "Predict", PredictRequest, PredictResponse)
GET_MODEL_METADATA = Method(
    _PREDICTION,
    "GetModelMetadata",
    GetModelMetadataRequest,
    GetModelMetadataResponse,
)
CLASSIFY = Method(
    _PREDICTION, "Classify", ClassificationRequest, ClassificationResponse
)
REGRESS = Method(_PREDICTION, "Regress", RegressionRequest, RegressionResponse)
MULTI_INFERENCE = Method(
    _PREDICTION, "MultiInference", MultiInferenceRequest, MultiInferenceResponse
)
GET_MODEL_STATUS = Method(
    _MODEL, "GetModelStatus", GetModelStatusRequest, GetModelStatusResponse
)
RELOAD_CONFIG = Method(
    _MODEL,
    "HandleReloadConfigRequest",
    ReloadConfigRequest,
    ReloadConfigResponse,
)
HEALTH_CHECK = Method(_HEALTH, "Check", HealthCheckRequest, HealthCheckResponse)
HEALTH_WATCH = Method(_HEALTH, "Watch", HealthCheckRequest, HealthCheckResponse)


def parse_text(text: str, message: Any) -> Any:
    """Reads a text proto into `message`.

    Args:
        text: str, a text proto such as a `models.config`.
        message: instance of one of this module's classes.

    Returns:
        `message`, filled.

    Raises:
        google.protobuf.text_format.ParseError: with line and column.
    """
    return text_format.Parse(text, message, descriptor_pool=_POOL)
