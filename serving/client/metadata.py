"""The metadata of a model: signatures, inputs, versions."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from serving.client.errors import invalid
from serving.protocol import protos, tensors

_STATES = {
    0: "UNKNOWN",
    10: "START",
    20: "LOADING",
    30: "AVAILABLE",
    40: "UNLOADING",
    50: "END",
}


class TensorSpec(NamedTuple):
    """Type and shape of one input or output.

    An entry of `shape` is None if any size fits. `shape` itself is None if any
    number of dimensions fits.
    """

    dtype: str
    shape: tuple[int | None, ...] | None

    def __str__(self):
        if self.shape is None:
            return f"{self.dtype} of any shape"
        sizes = ",".join("?" if s is None else str(s) for s in self.shape)
        return f"{self.dtype} [{sizes}]"


class Signature(NamedTuple):
    """The named inputs and outputs of one signature."""

    inputs: dict[str, TensorSpec]
    outputs: dict[str, TensorSpec]
    optional: frozenset[str]


class Metadata(NamedTuple):
    """One version of a model and its signatures by name."""

    model: str
    version: int
    signatures: dict[str, Signature]


class VersionStatus(NamedTuple):
    """State of one version; `error` is empty unless its load failed."""

    version: int
    state: str
    error: str


def _spec(info) -> TensorSpec:
    kind = tensors.DATA_TYPES.get(info.dtype)
    shape = info.tensor_shape
    return TensorSpec(
        kind.name if kind else f"type {info.dtype}",
        None
        if shape.unknown_rank
        else tuple(None if d.size < 0 else d.size for d in shape.dim),
    )


def read_metadata(response) -> Metadata:
    """Reads a `GetModelMetadataResponse`."""
    table = protos.SignatureDefMap.FromString(
        response.metadata["signature_def"].value
    )
    signatures = {
        name: Signature(
            {key: _spec(info) for key, info in definition.inputs.items()},
            {key: _spec(info) for key, info in definition.outputs.items()},
            frozenset(definition.defaults),
        )
        for name, definition in table.signature_def.items()
        if not name.startswith("__")
    }
    spec = response.model_spec
    return Metadata(spec.name, spec.version.value, signatures)


def read_status(response) -> list[VersionStatus]:
    """Reads a `GetModelStatusResponse`; highest version first."""
    return [
        VersionStatus(
            entry.version,
            _STATES.get(entry.state, str(entry.state)),
            entry.status.error_message,
        )
        for entry in response.model_version_status
    ]


def _listed(names) -> str:
    return ", ".join(sorted(names)) or "none"


def find_signature(metadata: Metadata, name: str) -> Signature:
    """The signature of that name.

    Raises:
        InvalidArgument: there is none. The text names the existing ones.
    """
    if name not in metadata.signatures:
        raise invalid(
            f"model {metadata.model}, version {metadata.version} has no "
            f"signature {name!r}. It has: {_listed(metadata.signatures)}."
        )
    return metadata.signatures[name]


def _fits(shape, wanted) -> bool:
    if wanted is None:
        return True
    return len(shape) == len(wanted) and all(
        size in (None, got) for got, size in zip(shape, wanted, strict=True)
    )


def _as_array(value: Any, dtype: str) -> np.ndarray:
    """An array of what the caller gave; Python numbers take the right type."""
    if isinstance(value, np.ndarray):
        return value
    if dtype == "string":
        return np.asarray(value, object)
    array = np.asarray(value)
    wanted = next(
        kind.storage
        for kind in tensors.DATA_TYPES.values()
        if kind.name == dtype
    )
    # This holds only for dtypes that NumPy chose for Python's int, float and
    # bool.
    if array.dtype in (np.int64, np.float64, np.bool_) and np.can_cast(
        array.dtype, wanted, "same_kind"
    ):
        return array.astype(wanted)
    return array


def check_inputs(
    signature: Signature, inputs: Mapping[str, Any]
) -> dict[str, np.ndarray]:
    """Holds inputs against a signature before they are sent.

    Args:
        signature: `Signature`.
        inputs: name to array, or to a value that `numpy.asarray` accepts.

    Returns:
        name to array.

    Raises:
        InvalidArgument: an input does not fit. The text names the input, what
            is expected and what came.
    """
    extra = set(inputs) - set(signature.inputs)
    missing = set(signature.inputs) - set(inputs) - signature.optional
    if extra or missing:
        raise invalid(
            f"inputs: expected {_listed(signature.inputs)}. "
            f"Got: {_listed(inputs)}. Missing: {_listed(missing)}. "
            f"Unknown: {_listed(extra)}."
        )
    arrays = {}
    for name, value in inputs.items():
        spec = signature.inputs[name]
        array = _as_array(value, spec.dtype)
        try:
            dtype = tensors.data_type(array).name
        except tensors.TensorError as error:
            raise invalid(f"`{name}`: {error}") from None
        if dtype != spec.dtype or not _fits(array.shape, spec.shape):
            got = TensorSpec(dtype, array.shape)
            raise invalid(f"`{name}`: expected {spec}. Got: {got}.")
        arrays[name] = array
    return arrays
