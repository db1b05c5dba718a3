"""The client's logic without any input or output.

Each operation is a generator. It yields the calls that it needs, and receives
their answers. The blocking client and the asyncio client share these
operations. They differ only in the way they make a call.
"""

import functools
import math
import operator
import time
from collections.abc import Generator, Mapping
from typing import Any, NamedTuple

import grpc
import numpy as np
from google.protobuf import text_format

from serving.client.errors import (
    InvalidArgument,
    NotFound,
    NotReady,
    Unavailable,
    from_code,
    invalid,
)
from serving.client.metadata import (
    Metadata,
    VersionStatus,
    check_inputs,
    find_signature,
    read_metadata,
    read_status,
)
from serving.client.ports import check_names, read_ports
from serving.client.translation import translate
from serving.commands.tiles import Progress, tiling_of
from serving.protocol import protos, tensors, wire

_DIRECTIONS_HINT = 'such as "a_to_b"'


class Call(NamedTuple):
    """A request to send; the answer is a message, bytes for Predict."""

    method: protos.Method
    request: Any
    timeout: float


class Pause(NamedTuple):
    """Seconds to sleep."""

    seconds: float


def stub(channel, method: protos.Method):
    """A callable for one method, on a blocking or an asyncio channel."""
    # Our own, faster decoder reads the answers of Predict.
    plain = method == protos.PREDICT
    return channel.unary_unary(
        method.path,
        request_serializer=method.request.SerializeToString,
        response_deserializer=None if plain else method.response.FromString,
    )


class Prediction(NamedTuple):
    """Outputs of a model by name, and the version that computed them."""

    outputs: dict[str, Any]
    version: int


def _refuse(name, expected, value):
    raise invalid(
        f"`{name}`: expected {expected}. Got: {value!r}.", blames="call"
    )


def _seconds(timeout):
    number = isinstance(timeout, int | float | np.number)
    if not number or not 0 < timeout < math.inf:
        _refuse("timeout", "a number of seconds above 0", timeout)
    return float(timeout)


def _fill_spec(spec, model, version, label):
    spec.name = model
    if version is not None and label is not None:
        raise invalid("give `version` or `label`, not both.", blames="call")
    if version is not None:
        try:
            spec.version.value = operator.index(version)
        except (TypeError, ValueError):
            _refuse("version", "a whole number", version)
    if label is not None:
        if not isinstance(label, str) or not label:
            _refuse("label", "a name", label)
        spec.version_label = label


def _with_blame(call, model, version, label):
    """The answer to a call; its error says which choice is to blame.

    The texts of the server tell the causes apart. All releases have the same
    texts.
    """
    try:
        return (yield call)
    except NotFound as error:
        if version is None:
            error.details = (
                f"`model`: no model {model!r} answers. {error.details}"
            )
        else:
            error.details = (
                f"`version`: no version {version} of {model!r} answers. "
                f"{error.details}"
            )
        raise
    except InvalidArgument as error:
        if error.details.startswith("Unrecognized servable version label"):
            error.blames = "call"
            error.details = (
                f"`label`: no version of {model!r} has {label!r}. "
                f"{error.details}"
            )
        raise


def _read_prediction(data: bytes) -> Prediction:
    """Reads a `PredictResponse`."""
    outputs, version = {}, 0
    try:
        for number, _, value in wire.fields(data):
            if number == 1:
                entry = {key: part for key, _, part in wire.fields(value)}
                name = bytes(entry.get(1, b"")).decode()
                tensor = tensors.from_bytes(entry.get(2, b""))
                # Callers may draw into images, but the memory of a message is
                # read-only.
                outputs[name] = np.require(
                    tensors.plain_array(tensor), requirements="W"
                )
            elif number == 2:
                version = protos.ModelSpec.FromString(value).version.value
    except (wire.WireError, tensors.TensorError) as error:
        raise from_code(
            grpc.StatusCode.INTERNAL, f"the answer cannot be read: {error}"
        ) from None
    return Prediction(outputs, version)


class Steps:
    """The operations of a client.

    Args:
        model: str or None, the model of all calls that name no model.
        timeout: seconds that one call may take.
        batch_bytes: int; lists are split into requests of about this size.
        batch_images: int, images in such a request.
    """

    def __init__(
        self,
        model: str | None,
        timeout: float,
        batch_bytes: int,
        batch_images: int,
    ):
        self._model, self._timeout = model, _seconds(timeout)
        self._batch_bytes, self._batch_images = batch_bytes, batch_images
        self._cache: dict[Any, Metadata] = {}

    def _name(self, model):
        model = self._model if model is None else model
        if not isinstance(model, str) or not model:
            _refuse("model", "a name, here or in the client", model)
        return model

    def _limit(self, timeout):
        """Seconds that a call may take."""
        return self._timeout if timeout is None else _seconds(timeout)

    def metadata(
        self,
        *,
        model: str | None = None,
        version: int | None = None,
        label: str | None = None,
        timeout: float | None = None,
        refresh: bool = True,
    ) -> Generator[Call, Any, Metadata]:
        """Steps of `Client.metadata`; `refresh=False` may use the cache."""
        key = self._name(model), version, label
        if refresh or key not in self._cache:
            request = protos.GetModelMetadataRequest()
            _fill_spec(request.model_spec, *key)
            request.metadata_field.append("signature_def")
            call = Call(
                protos.GET_MODEL_METADATA, request, self._limit(timeout)
            )
            response = yield from _with_blame(call, *key)
            self._cache[key] = read_metadata(response)
        return self._cache[key]

    def status(
        self,
        *,
        model: str | None = None,
        version: int | None = None,
        timeout: float | None = None,
    ) -> Generator[Call, Any, list[VersionStatus]]:
        """Steps of `Client.status`."""
        request = protos.GetModelStatusRequest()
        key = self._name(model), version, None
        _fill_spec(request.model_spec, *key)
        call = Call(protos.GET_MODEL_STATUS, request, self._limit(timeout))
        response = yield from _with_blame(call, *key)
        return read_status(response)

    def reload_config(
        self, config: str, timeout: float | None
    ) -> Generator[Call, Any, None]:
        """Steps of `Client.reload_config`."""
        request = protos.ReloadConfigRequest()
        try:
            protos.parse_text(config, request.config)
        except text_format.ParseError as error:
            raise invalid(f"`config` is no list of models: {error}") from None
        yield Call(protos.RELOAD_CONFIG, request, self._limit(timeout))
        self._cache.clear()  # names and labels may mean others now

    def wait_ready(
        self, timeout: float, *, model: str | None, version: int | None
    ) -> Generator[Call | Pause, Any, int]:
        """Steps of `Client.wait_ready`."""
        end = time.monotonic() + timeout
        model, last, pause = self._name(model), "no answer yet", 0.05
        while True:
            left = end - time.monotonic()
            if left <= 0:
                raise NotReady(
                    grpc.StatusCode.DEADLINE_EXCEEDED,
                    f"{model} is not ready after {timeout} s: {last}",
                )
            try:
                statuses = yield from self.status(
                    model=model,
                    version=version,
                    timeout=min(left, self._timeout),
                )
                ready = [s.version for s in statuses if s.state == "AVAILABLE"]
                if ready:
                    return ready[0]
                if all(s.state == "END" and s.error for s in statuses):
                    raise NotReady(
                        grpc.StatusCode.FAILED_PRECONDITION,
                        f"{model}, version {statuses[0].version} cannot be "
                        f"loaded: {statuses[0].error}",
                    )
                last = ", ".join(
                    f"version {s.version} {s.state}" for s in statuses
                )
            except (NotFound, Unavailable, TimeoutError) as error:
                if isinstance(error, NotReady):
                    raise
                last = error.details
            yield Pause(min(pause, max(end - time.monotonic(), 0)))
            pause = min(2 * pause, 1.0)

    def predict(
        self,
        inputs: Mapping[str, Any],
        signature: str,
        *,
        model: str | None = None,
        version: int | None = None,
        label: str | None = None,
        outputs: tuple[str, ...] = (),
        timeout: float | None = None,
    ) -> Generator[Call, Any, Prediction]:
        """Steps of `Client.predict`."""
        model = self._name(model)
        choice = {"model": model, "version": version, "label": label}
        cached = (model, version, label) in self._cache
        known = yield from self.metadata(
            **choice, timeout=timeout, refresh=False
        )
        try:
            arrays = self._check(known, signature, inputs)
        except InvalidArgument:
            if not cached:
                raise
            # A new version may have come meanwhile. It may take other inputs.
            known = yield from self.metadata(**choice, timeout=timeout)
            arrays = self._check(known, signature, inputs)
        request = protos.PredictRequest()
        _fill_spec(request.model_spec, model, version, label)
        request.model_spec.signature_name = signature
        request.output_filter.extend(outputs)
        for name, array in arrays.items():
            tensors.fill_proto(request.inputs[name], array)
        call = Call(protos.PREDICT, request, self._limit(timeout))
        data = yield from _with_blame(call, model, version, label)
        prediction = _read_prediction(data)
        if prediction.version != known.version:
            self._cache.pop((model, version, label), None)
        return prediction

    @staticmethod
    def _check(known, signature, inputs):
        known_signature = find_signature(known, signature)
        return check_inputs(known_signature, inputs)

    def translate(
        self,
        image: Any,
        direction: str,
        others: dict[str, Any],
        *,
        tile: int | None = None,
        overlap: int | None = None,
        progress: Progress | None = None,
        **choice: Any,
    ) -> Generator[Call, Any, Any]:
        """Steps of `Client.translate`."""
        try:
            tiling = tiling_of(tile, overlap)
        except ValueError as error:
            raise invalid(str(error), blames="call") from None
        if not isinstance(direction, str) or not direction:
            raise invalid(
                f"`direction`: expected a name {_DIRECTIONS_HINT}. "
                f"Got: {direction!r}.",
                blames="call",
            )
        others = {n: v for n, v in others.items() if v is not None}
        ports = yield from self._ports(direction, ["image", *others], choice)
        return (
            yield from translate(
                functools.partial(self.predict, **choice),
                image,
                direction,
                others,
                ports,
                limits=(self._batch_bytes, self._batch_images),
                tiling=tiling,
                progress=progress,
            )
        )

    def _ports(self, direction, names, choice):
        """The model's `Ports`, after a check that it takes these inputs."""
        key = self._name(choice.get("model"))
        cached = (key, choice.get("version"), choice.get("label"))
        for refresh in (False, True):
            stale = not refresh and cached in self._cache
            known = yield from self.metadata(**choice, refresh=refresh)
            try:
                ports = read_ports(known, direction)
                check_names(ports, names)
            except InvalidArgument:
                # A new version may have come meanwhile. It may take other
                # inputs.
                if not stale:
                    raise
            else:
                return ports
