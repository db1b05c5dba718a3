"""What the client raises: one class for each code worth telling apart."""

import grpc


class ServingError(Exception):
    """A call failed, or was refused before it was sent.

    Args:
        code: `grpc.StatusCode`.
        details: str, the server's text, or the client's own.

    Attributes:
        code: `grpc.StatusCode`.
        details: str.
    """

    hint = ""

    def __init__(self, code: grpc.StatusCode, details: str):
        super().__init__(code, details)
        self.code, self.details = code, details

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
        details: str.

    Returns:
        `ServingError` or a subclass.
    """
    return _CLASSES.get(code, ServingError)(code, details)


def invalid(details: str) -> InvalidArgument:
    """An input that is refused before it is sent.

    Args:
        details: str, names the argument, what was expected and what came.

    Returns:
        `InvalidArgument`.
    """
    return InvalidArgument(grpc.StatusCode.INVALID_ARGUMENT, details)
