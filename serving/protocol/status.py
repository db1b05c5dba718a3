"""The exception of the server: a gRPC code and a text."""

import grpc

# The numbers of the codes, as in TensorFlow's runtime and in the status
# messages.
UNKNOWN = 2
INVALID_ARGUMENT = 3
DEADLINE_EXCEEDED = 4
NOT_FOUND = 5
PERMISSION_DENIED = 7
RESOURCE_EXHAUSTED = 8
FAILED_PRECONDITION = 9
UNIMPLEMENTED = 12
INTERNAL = 13
UNAVAILABLE = 14
DATA_LOSS = 15

GRPC_CODES = {code.value[0]: code for code in grpc.StatusCode}
_LONGEST = 1024


class CallError(Exception):
    """An answer other than OK.

    Args:
        code: int, a gRPC status code.
        text: str, for the caller to read.
    """

    def __init__(self, code: int, text: str):
        super().__init__(text)
        self.code, self.text = code, text

    @property
    def details(self) -> str:
        """The text as TensorFlow Serving sends it: cut at 1024 bytes."""
        data = self.text.encode()
        if len(data) <= _LONGEST:
            return self.text
        return data[:_LONGEST].decode("utf-8", "ignore") + "...TRUNCATED"
