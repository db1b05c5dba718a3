"""A SavedModel in TensorFlow's own runtime: load, run, free."""

import ctypes
import threading
from collections.abc import Mapping, Sequence

from serving.protocol import protos, wire
from serving.protocol.status import (
    FAILED_PRECONDITION,
    INVALID_ARGUMENT,
    CallError,
)
from serving.protocol.tensors import Tensor
from serving.server.tensorflow_c import (
    Buffer,
    Output,
    Status,
    delete_tensor,
    library,
    new_tensor,
    read_tensor,
)


def session_config(threads: int) -> bytes:
    """A ConfigProto with `intra_op_parallelism_threads` (field 2)."""
    return b"\x10" + wire.varint(threads)


class Engine:
    """One loaded SavedModel.

    It is thread-safe. Calls of `run` from several threads run at once.

    Args:
        folder: path of the version's folder.
        threads: int, the threads that one operation may use. 0: one for each
            core. The first session of a process decides for all.

    Raises:
        CallError: it has the code and text that TensorFlow Serving would
            report.
    """

    def __init__(self, folder, threads: int = 0):
        api = library()
        self._graph = api.TF_NewGraph()
        self._session = None
        self._operations: dict[str, Output] = {}
        options = api.TF_NewSessionOptions()
        meta = api.TF_NewBuffer()
        tags = (ctypes.c_char_p * 1)(b"serve")
        config = session_config(threads)
        try:
            with Status() as status:
                api.TF_SetConfig(options, config, len(config), status)
            with Status() as status:
                self._session = api.TF_LoadSessionFromSavedModel(
                    options,
                    None,
                    str(folder).encode(),
                    tags,
                    1,
                    self._graph,
                    meta,
                    status,
                )
            graph = protos.MetaGraphDef.FromString(
                ctypes.string_at(meta.contents.data, meta.contents.length)
            )
        except CallError:
            api.TF_DeleteGraph(self._graph)
            raise
        finally:
            api.TF_DeleteBuffer(meta)
            api.TF_DeleteSessionOptions(options)
        self.signatures = dict(graph.signature_def)
        self._lock = threading.Lock()

    def interrupt(self) -> None:
        """Ends every `run`, between two operations; none works afterwards."""
        with self._lock:
            if self._session is not None:
                with Status() as status:
                    library().TF_CloseSession(self._session, status)

    def close(self) -> None:
        """Frees the session and its variables. No `run` may be under way."""
        with self._lock:
            session, self._session = self._session, None
        if session is None:
            return
        api = library()
        with Status() as status:
            api.TF_CloseSession(session, status)
        with Status() as status:
            api.TF_DeleteSession(session, status)
        api.TF_DeleteGraph(self._graph)

    def _output(self, name: str) -> Output:
        if name not in self._operations:
            operation, _, index = name.partition(":")
            pointer = library().TF_GraphOperationByName(
                self._graph, operation.encode()
            )
            if not pointer:
                raise CallError(
                    INVALID_ARGUMENT,
                    f"Tensor {name}, specified in either feed_devices or "
                    "fetch_devices was not found in the Graph",
                )
            self._operations[name] = Output(pointer, int(index or 0))
        return self._operations[name]

    def run(
        self,
        feeds: Mapping[str, Tensor],
        fetches: Sequence[str],
        timeout: float | None = None,
    ) -> list[Tensor]:
        """Runs the graph once.

        Args:
            feeds: tensor name to value, for example `serving_default_x:0`.
            fetches: names of the wanted tensors.
            timeout: seconds, or None for no limit.

        Returns:
            One `Tensor` for each fetch, in the same order.

        Raises:
            CallError: it has TensorFlow's code and text.
        """
        if self._session is None:
            raise CallError(FAILED_PRECONDITION, "The model is unloaded.")
        feed_outputs = [self._output(name) for name in feeds]
        fetch_outputs = [self._output(name) for name in fetches]
        sent: list[int] = []
        received = (ctypes.c_void_p * max(len(fetches), 1))()
        try:
            sent.extend(new_tensor(value) for value in feeds.values())
            with _run_options(timeout) as options, Status() as status:
                library().TF_SessionRun(
                    self._session,
                    options,
                    (Output * max(len(sent), 1))(*feed_outputs),
                    (ctypes.c_void_p * max(len(sent), 1))(*sent),
                    len(sent),
                    (Output * max(len(fetches), 1))(*fetch_outputs),
                    received,
                    len(fetches),
                    None,
                    0,
                    None,
                    status,
                )
            return [read_tensor(pointer) for pointer in received if pointer]
        finally:
            for pointer in (
                *sent,
                *(pointer_read for pointer_read in received if pointer_read),
            ):
                delete_tensor(pointer)


class _run_options:
    """RunOptions with `timeout_in_ms` (field 2), or nothing."""

    def __init__(self, timeout):
        self._data = None
        if timeout is not None:
            milliseconds = max(1, int(timeout * 1000))
            self._data = b"\x10" + wire.varint(milliseconds)

    def __enter__(self):
        if self._data is None:
            return None
        return ctypes.pointer(
            Buffer(
                ctypes.cast(self._data, ctypes.c_void_p), len(self._data), None
            )
        )

    def __exit__(self, *error):
        self._data = None
