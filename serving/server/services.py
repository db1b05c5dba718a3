"""The gRPC services of the local server."""

import asyncio
import time

import grpc

from serving.protocol import protos
from serving.protocol.status import (
    INVALID_ARGUMENT,
    NOT_FOUND,
    PERMISSION_DENIED,
    UNKNOWN,
    CallError,
)
from serving.server.calls import Call, Calls
from serving.server.config import models_from
from serving.server.inference import (
    CLASSIFY_METHOD,
    REGRESS_METHOD,
    refuse,
    refuse_multi,
)
from serving.server.lifecycle import Manager
from serving.server.prediction import predict

_SIGNATURE_DEF = "signature_def"
_MAP_URL = "type.googleapis.com/tensorflow.serving.SignatureDefMap"
_LOOK_SECONDS = 0.05  # between two checks during a reload


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
        calls: `Calls`.
        takes_reloads: bool; callers may replace the models.
    """

    def __init__(self, manager: Manager, calls: Calls, takes_reloads: bool):
        self._manager, self._calls = manager, calls
        self._takes_reloads = takes_reloads

    async def predict(self, call: Call) -> bytes:
        def measure():
            request = call.read()
            require_spec(request)
            with lookup(self._manager, request.model_spec) as (_, servable):
                size, memory = servable.request_size(request)
            call.pixels = size.pixels
            return memory

        def work():
            request, left = call.request, call.seconds_left()
            start = time.monotonic()
            with lookup(self._manager, request.model_spec) as loaded:
                call.version, servable = loaded
                try:
                    return predict(servable, call.version, request, left)
                finally:
                    call.running = time.monotonic() - start

        return await self._calls.with_memory(call, measure, work)

    async def classify(self, request, call):
        require_spec(request)
        with lookup(self._manager, request.model_spec) as (_, servable):
            refuse(servable, request, CLASSIFY_METHOD)

    async def regress(self, request, call):
        require_spec(request)
        with lookup(self._manager, request.model_spec) as (_, servable):
            refuse(servable, request, REGRESS_METHOD)

    async def multi_inference(self, request, call):
        # The first task's model decides; without tasks it has no name.
        spec = (
            request.tasks[0].model_spec if request.tasks else protos.ModelSpec()
        )
        with lookup(self._manager, spec) as (_, servable):
            refuse_multi(servable, request)

    async def get_model_metadata(self, request, call):
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

    async def get_model_status(self, request, call):
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
                    # This is set even if it is OK, because the real server
                    # always sends it.
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

    async def reload_config(self, request, call):
        if not self._takes_reloads:
            raise CallError(
                PERMISSION_DENIED,
                "This server's models are not replaced by calls. Start it "
                "with --reload to allow it.",
            )
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
        while self._manager.unsettled(new):
            await asyncio.sleep(_LOOK_SECONDS)
        failed = self._manager.failures(new)
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


def handlers(
    services: Services, calls: Calls
) -> tuple[grpc.GenericRpcHandler, ...]:
    """The handlers of PredictionService and ModelService.

    Args:
        services: `Services`.
        calls: `Calls` that they run in.

    Returns:
        `grpc.GenericRpcHandler` of each service.
    """
    predict = calls.handler(protos.PREDICT, services.predict, counted=True)
    by_service = {protos.PREDICT.service: {protos.PREDICT.name: predict}}
    for method, answer, counted in (
        (protos.CLASSIFY, services.classify, True),
        (protos.REGRESS, services.regress, True),
        (protos.MULTI_INFERENCE, services.multi_inference, True),
        (protos.GET_MODEL_METADATA, services.get_model_metadata, False),
        (protos.GET_MODEL_STATUS, services.get_model_status, False),
        (protos.RELOAD_CONFIG, services.reload_config, False),
    ):
        answer = calls.read_first(answer)
        handler = calls.handler(method, answer, counted=counted)
        by_service.setdefault(method.service, {})[method.name] = handler
    return tuple(
        grpc.method_handlers_generic_handler(service, methods)
        for service, methods in by_service.items()
    )
