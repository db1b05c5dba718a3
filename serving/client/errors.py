"""The errors of the client: one class for each kind of failure."""

import re

import grpc

# In TensorFlow's texts, these name the place in its graph and the failure
# there.
_NODE = re.compile(r"\{\{(?:function_)?node [^}]*\}\}\s*")
_FIRST = re.compile(r"^\d+ root error\(s\) found\.\s*\(0\) [\w ]+: ")
_ASSERTION = re.compile(r"assertion failed: \[(.*?)\](?= \[|$)")


class ServingError(Exception):
    """A call failed, or was refused before it was sent.

    Args:
        code: `grpc.StatusCode`.
        details: str, the server's text, or the client's own.

    Attributes:
        code: `grpc.StatusCode`.
        details: str.
        results: list after `translate` of a list or batch. It holds a result
            for each image that was answered, and None for the others. None
            after any other call.
        failures: dict of an image's position to its own error.
        blames: "server" if the error came from the server. If the client sent
            nothing: "inputs", or "call" for its model, label, direction or
            timeout.
    """

    hint = ""
    blames = "server"

    def __init__(self, code: grpc.StatusCode, details: str):
        super().__init__(code, details)
        self.code, self.details = code, details
        self.results: list | None = None
        self.failures: dict[int, ServingError] = {}

    def __str__(self):
        text = f"{self.code.name}: {self.details or '(no details)'}"
        return f"{text} {self.hint}" if self.hint else text


class NotFound(ServingError):
    """No such model or version answers."""

    hint = (
        "(Is the name right, and is the version loaded? `status()` lists the "
        "versions of a model.)"
    )


class InvalidArgument(ServingError, ValueError):
    """The inputs do not fit the model; trying again will not help."""


class FailedPrecondition(ServingError):
    """No such signature, or the model itself is broken."""


class DeadlineExceeded(ServingError, TimeoutError):
    """There was no answer within `timeout`."""


class Unavailable(ServingError, ConnectionError):
    """The server cannot be reached, or is too busy."""


class ResourceExhausted(ServingError):
    """A message is too large, or the server has no thread left."""


class Unimplemented(ServingError):
    """The server does not offer this call."""


class NotReady(ServingError, TimeoutError):
    """`wait_ready` waited for nothing: a load failed, or time is up."""


_CLASSES = {
    grpc.StatusCode.NOT_FOUND: NotFound,
    grpc.StatusCode.INVALID_ARGUMENT: InvalidArgument,
    grpc.StatusCode.FAILED_PRECONDITION: FailedPrecondition,
    grpc.StatusCode.DEADLINE_EXCEEDED: DeadlineExceeded,
    grpc.StatusCode.UNAVAILABLE: Unavailable,
    grpc.StatusCode.RESOURCE_EXHAUSTED: ResourceExhausted,
    grpc.StatusCode.UNIMPLEMENTED: Unimplemented,
}


def from_code(code: grpc.StatusCode, details: str) -> ServingError:
    """The error of the class that belongs to a code.

    Args:
        code: `grpc.StatusCode`.
        details: str, of the server.

    Returns:
        `ServingError` or a subclass. Its details name no node of a graph.
    """
    return _CLASSES.get(code, ServingError)(code, _readable(details or ""))


def _readable(details):
    """TensorFlow's message, without the names of nodes of its graph."""
    text = _FIRST.sub("", details).partition("\n\t [[")[0]
    return _ASSERTION.sub(r"\1", _NODE.sub("", text)).strip()


def invalid(details: str, *, blames: str = "inputs") -> InvalidArgument:
    """The error for inputs that are refused before they are sent.

    Args:
        details: str; it names the argument, what was expected and what came.
        blames: str, see `ServingError`.

    Returns:
        `InvalidArgument`.
    """
    error = InvalidArgument(grpc.StatusCode.INVALID_ARGUMENT, details)
    error.blames = blames
    return error
