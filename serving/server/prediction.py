"""Predict: TensorFlow Serving's checks, in its order and words.

There is one function for each step. Warm-up records use the same functions.
"""

from collections.abc import Mapping

from serving.protocol import protos, tensors, wire
from serving.protocol.status import (
    FAILED_PRECONDITION,
    INVALID_ARGUMENT,
    CallError,
)
from serving.protocol.tensors import Tensor

DEFAULT_SIGNATURE = "serving_default"


def _names(names) -> str:
    return ",".join(sorted(names))


def find_signature(signatures: Mapping, name: str):
    """The signature a request names.

    Args:
        signatures: name to `SignatureDef`.
        name: str; "" means `serving_default`.

    Returns:
        (name, `SignatureDef`).

    Raises:
        CallError: FAILED_PRECONDITION; there is none.
    """
    name = name or DEFAULT_SIGNATURE
    if name not in signatures:
        raise CallError(
            FAILED_PRECONDITION, f'Serving signature key "{name}" not found.'
        )
    return name, signatures[name]


def read_inputs(signature, inputs: Mapping) -> dict[str, Tensor]:
    """Turns the inputs of a request into feeds.

    Args:
        signature: `SignatureDef`.
        inputs: input name to `TensorProto`.

    Returns:
        Tensor name to `Tensor`.

    Raises:
        CallError: INVALID_ARGUMENT; names or tensors do not fit.
    """
    sent, wanted = set(inputs), set(signature.inputs)
    defaults = signature.defaults
    if len(sent) > len(wanted) or (len(sent) < len(wanted) and not defaults):
        raise CallError(
            INVALID_ARGUMENT,
            f"input size does not match signature: {len(sent)}!={len(wanted)} "
            f"len({{{_names(sent)}}}) != len({{{_names(wanted)}}}). "
            f"Sent extra: {{{_names(sent - wanted)}}}. "
            f"Missing but required: {{{_names(wanted - sent)}}}.",
        )
    feeds = {}
    for alias in sorted(wanted):
        feed_name = signature.inputs[alias].name
        if alias in sent:
            feeds[feed_name] = _read_tensor(alias, inputs[alias])
        elif alias in defaults:
            feeds[feed_name] = _read_tensor(alias, defaults[alias])
        else:
            raise CallError(
                INVALID_ARGUMENT,
                f"Signature input alias: {alias}(feed name: {feed_name}) not "
                "found in request and no default value provided. Inputs "
                f"expected to be in the request {{{_names(sent)}}}, or "
                f"default input alias set: {_names(defaults)}",
            )
    if sent - wanted:
        raise CallError(
            INVALID_ARGUMENT,
            "Inputs contains invalid name. Used request inputs: "
            f"{_names(sent & wanted)}, request input: {_names(sent)}",
        )
    return feeds


def _read_tensor(alias, proto):
    try:
        return tensors.from_proto(proto)
    except tensors.TensorTooLargeError as error:
        raise CallError(INVALID_ARGUMENT, f"{alias}: {error}") from None
    except tensors.TensorError:
        raise CallError(
            INVALID_ARGUMENT, f"tensor parsing error: {alias}"
        ) from None


def choose_outputs(signature, output_filter) -> list[str]:
    """The output names a request wants.

    Args:
        signature: `SignatureDef`.
        output_filter: names. Empty: all outputs.

    Returns:
        names, each once.

    Raises:
        CallError: INVALID_ARGUMENT; a name is unknown or given twice.
    """
    chosen: list[str] = []
    for alias in output_filter:
        if alias not in signature.outputs:
            raise CallError(
                INVALID_ARGUMENT,
                f"output tensor alias not found in signature: {alias} Outputs "
                f"expected to be in the set {{{_names(signature.outputs)}}}.",
            )
        if alias in chosen:
            raise CallError(
                INVALID_ARGUMENT, f"duplicate output tensor alias: {alias}"
            )
        chosen.append(alias)
    return chosen or sorted(signature.outputs)


def check_ranks(signature, feeds: Mapping[str, Tensor]) -> None:
    """Refuses what could end the process instead of the request.

    TensorFlow Serving itself does not check shapes, and a tensor of the wrong
    rank can abort it. The text is that of `tf.ensure_shape`. If the rank is
    right, all sizes go to the model, as in TensorFlow Serving.

    Args:
        signature: `SignatureDef`.
        feeds: tensor name to `Tensor`.

    Raises:
        CallError: INVALID_ARGUMENT.
    """
    for info in signature.inputs.values():
        array, shape = feeds[info.name].array, info.tensor_shape
        if not shape.unknown_rank and len(shape.dim) != array.ndim:
            sizes = ("?" if d.size < 0 else str(d.size) for d in shape.dim)
            got = ",".join(map(str, array.shape))
            raise CallError(
                INVALID_ARGUMENT,
                f"Shape of tensor {info.name} [{got}] is not compatible with "
                f"expected shape [{','.join(sizes)}].",
            )


def predict(servable, version: int, request, timeout: float | None) -> bytes:
    """Answers one Predict request.

    Args:
        servable: `serving.server.servable.Servable`.
        version: int, the version that was chosen.
        request: `PredictRequest`.
        timeout: seconds that the caller still waits, or None.

    Returns:
        serialized `PredictResponse`.

    Raises:
        CallError: it has TensorFlow Serving's code and text.
    """
    name, signature = find_signature(
        servable.signatures, request.model_spec.signature_name
    )
    feeds = read_inputs(signature, request.inputs)
    outputs = choose_outputs(signature, request.output_filter)
    check_ranks(signature, feeds)
    results = servable.run(
        feeds, [signature.outputs[alias].name for alias in outputs], timeout
    )
    encode = (
        tensors.content_bytes
        if servable.tensor_content
        else tensors.typed_bytes
    )
    spec = protos.ModelSpec(name=request.model_spec.name, signature_name=name)
    spec.version.value = version
    # This is written by hand, because protobuf would copy and re-encode each
    # image.
    parts = []
    for alias, tensor in zip(outputs, results, strict=True):
        entry = wire.delimited(1, alias.encode()) + wire.delimited(
            2, encode(tensor)
        )
        parts.append(wire.delimited(1, entry))
    parts.append(wire.delimited(2, spec.SerializeToString()))
    return b"".join(parts)
