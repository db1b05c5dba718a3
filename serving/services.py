"""The gRPC services of the local server."""

import threading

import grpc
from google.protobuf.message import DecodeError

from serving import protos
from serving.config import models_from
from serving.inference import (
    CLASSIFY_METHOD,
    REGRESS_METHOD,
    refuse,
    refuse_multi,
)
from serving.lifecycle import Manager
from serving.prediction import predict
from serving.status import (
    GRPC_CODES,
    INTERNAL,
    INVALID_ARGUMENT,
    NOT_FOUND,
    UNKNOWN,
    CallError,
)
from serving.versions import LOG

_SIGNATURE_DEF = "signature_def"
_MAP_URL = "type.googleapis.com/tensorflow.serving.SignatureDefMap"
_FOR_EVER = 1e9  # seconds; gRPC says about 2^63 for a call without a deadline


def seconds_left(context) -> float | None:
    """How long the caller still waits; None for a call without a deadline."""
    left = context.time_remaining()
    return None if left is None or left > _FOR_EVER else left


def lookup(manager: Manager, spec):
    """The version that a `ModelSpec` asks for; see `Manager.lookup`."""
    choice = spec.WhichOneof("version_choice")
    return manager.lookup(
        spec.name,
        spec.version.value if choice == "version" else None,
        spec.version_label if choice == "version_label" else None,
    )


def require_spec(request) -> None:
    """INVALID_ARGUMENT if a request names no model at all."""
    if not request.HasField("model_spec"):
        raise CallError(INVALID_ARGUMENT, "Missing ModelSpec")


class Services:
    """Answers every call of PredictionService and ModelService.

    Args:
        manager: `Manager` whose versions are `Servable`s.
    """

    def __init__(self, manager: Manager):
        self._manager = manager

    def predict(self, request, context) -> bytes:
        require_spec(request)
        with lookup(self._manager, request.model_spec) as (version, servable):
            return predict(servable, version, request, seconds_left(context))

    def classify(self, request, context):
        require_spec(request)
        with lookup(self._manager, request.model_spec) as (_, servable):
            refuse(servable, request, CLASSIFY_METHOD)

    def regress(self, request, context):
        require_spec(request)
        with lookup(self._manager, request.model_spec) as (_, servable):
            refuse(servable, request, REGRESS_METHOD)

    def multi_inference(self, request, context):
        # The first task's model decides; without tasks it has no name.
        spec = (
            request.tasks[0].model_spec if request.tasks else protos.ModelSpec()
        )
        with lookup(self._manager, spec) as (_, servable):
            refuse_multi(servable, request)

    def get_model_metadata(self, request, context):
        require_spec(request)
        if not request.metadata_field:
            raise CallError(
                INVALID_ARGUMENT,
                "GetModelMetadataRequest must specify at least one "
                "metadata_field",
            )
        for name in request.metadata_field:
            if name != _SIGNATURE_DEF:
                raise CallError(
                    INVALID_ARGUMENT, f"Metadata field {name} is not supported"
                )
        response = protos.GetModelMetadataResponse()
        with lookup(self._manager, request.model_spec) as (version, servable):
            response.model_spec.name = request.model_spec.name
            response.model_spec.version.value = version
            packed = response.metadata[_SIGNATURE_DEF]
            packed.type_url, packed.value = _MAP_URL, servable.signature_map
        return response

    def get_model_status(self, request, context):
        require_spec(request)
        name, wanted = request.model_spec.name, None
        if request.model_spec.WhichOneof("version_choice") == "version":
            wanted = request.model_spec.version.value
        response = protos.GetModelStatusResponse()
        with self._manager.changed:
            model = self._manager.models.get(name)
            versions = model.versions if model else {}
            for number in sorted(versions, reverse=True):
                if wanted in (None, number):
                    version = versions[number]
                    entry = response.model_version_status.add(
                        version=number, state=int(version.state)
                    )
                    # Set even when OK: the real server always sends it.
                    entry.status.SetInParent()
                    if version.error:
                        entry.status.error_code = version.error.code
                        entry.status.error_message = version.error.text
        if response.model_version_status:
            return response
        if versions:
            raise CallError(
                NOT_FOUND, f"Could not find version {wanted} of model {name}"
            )
        raise CallError(
            NOT_FOUND, f"Could not find any versions of model {name}"
        )

    def reload_config(self, request, context):
        models = models_from(request.config)
        self._manager.set_labels(models)
        with self._manager.changed:
            before = {
                name
                for name, model in self._manager.models.items()
                if model.listed
            }
            self._manager.configure(lambda: models)
        new = [model.name for model in models if model.name not in before]
        failed = self._manager.wait_loaded(new, context.is_active)
        if failed:
            listed = "".join(
                f"{{{{name: {name} version: {version.number}}} due to error: "
                f"{version.error.text}}}, "
                for name, version in failed
            )
            raise CallError(
                UNKNOWN,
                f"{len(failed)} model(s) did not become available: "
                f"{{{listed}}}",
            )
        response = protos.ReloadConfigResponse()
        response.status.SetInParent()
        return response


def _serialize(response) -> bytes:
    return (
        response
        if isinstance(response, bytes)
        else (response.SerializeToString())
    )


def _guarded(function, kind):
    """Reads the request, and turns `CallError` into the call's status."""

    def call(data, context):
        # Left to gRPC, each request that cannot be read would leak its bytes.
        try:
            request = kind.FromString(data)
        except DecodeError:
            name = kind.DESCRIPTOR.name
            context.abort(
                grpc.StatusCode.INTERNAL, f"The request is no {name}."
            )
        try:
            return function(request, context)
        except CallError as error:
            context.abort(GRPC_CODES[error.code], error.details)
        except Exception as error:
            LOG.exception("%s failed", function.__name__)
            text = CallError(INTERNAL, f"{type(error).__name__}: {error}")
            context.abort(grpc.StatusCode.INTERNAL, text.details)

    return call


def _handlers(pairs):
    by_service: dict[str, dict] = {}
    for method, function in pairs:
        by_service.setdefault(method.service, {})[method.name] = (
            grpc.unary_unary_rpc_method_handler(
                _guarded(function, method.request),
                response_serializer=_serialize,
            )
        )
    return by_service


def add_services(server: grpc.Server, manager: Manager) -> None:
    """Registers PredictionService and ModelService.

    Args:
        server: the gRPC server, not started yet.
        manager: `Manager`.
    """
    services = Services(manager)
    pairs = (
        (protos.PREDICT, services.predict),
        (protos.CLASSIFY, services.classify),
        (protos.REGRESS, services.regress),
        (protos.MULTI_INFERENCE, services.multi_inference),
        (protos.GET_MODEL_METADATA, services.get_model_metadata),
        (protos.GET_MODEL_STATUS, services.get_model_status),
        (protos.RELOAD_CONFIG, services.reload_config),
    )
    for service, methods in _handlers(pairs).items():
        server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler(service, methods),)
        )


def add_health(server: grpc.Server) -> None:
    """Registers grpc.health.v1, which says SERVING as long as it answers.

    Args:
        server: the gRPC server, not started yet.
    """
    names = {"", "ModelService", "PredictionService"}

    def check(request, context):
        if request.service not in names:
            raise CallError(NOT_FOUND, "unknown service")
        return protos.HealthCheckResponse(status="SERVING")

    def watch(request, context):
        known = request.service in names
        ended = threading.Event()
        context.add_callback(ended.set)
        yield protos.HealthCheckResponse(
            status="SERVING" if known else "SERVICE_UNKNOWN"
        )
        ended.wait()

    methods = _handlers([(protos.HEALTH_CHECK, check)])
    service = protos.HEALTH_WATCH.service
    methods[service][protos.HEALTH_WATCH.name] = (
        grpc.unary_stream_rpc_method_handler(
            watch,
            request_deserializer=protos.HealthCheckRequest.FromString,
            response_serializer=_serialize,
        )
    )
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler(service, methods[service]),)
    )
