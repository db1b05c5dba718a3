"""TensorFlow's C API through ctypes: the part that loads and runs a model.

TensorFlow Serving loads a SavedModel with the same C++ loader and runs it with
the same session. So errors have the same codes and texts. Errors of Python's
own interfaces differ, because they first convert or check other things. ctypes
releases the interpreter lock during each call.
"""

import ctypes
import functools
import importlib.util
import os
import pathlib

import numpy as np

from serving.protocol import tensors
from serving.protocol.status import CallError


class Buffer(ctypes.Structure):
    """TF_Buffer: bytes that go in (a run's options) or out (a graph)."""

    _fields_ = (
        ("data", ctypes.c_void_p),
        ("length", ctypes.c_size_t),
        ("deallocator", ctypes.c_void_p),
    )


class Output(ctypes.Structure):
    """TF_Output: one output of one operation of the graph."""

    _fields_ = (("operation", ctypes.c_void_p), ("index", ctypes.c_int))


_POINTER, _INT, _SIZE = ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t
_STRING = ctypes.c_char_p
_FUNCTIONS = {
    "TF_NewStatus": (_POINTER,),
    "TF_DeleteStatus": (None, _POINTER),
    "TF_GetCode": (_INT, _POINTER),
    "TF_Message": (_STRING, _POINTER),
    "TF_NewGraph": (_POINTER,),
    "TF_DeleteGraph": (None, _POINTER),
    "TF_GraphOperationByName": (_POINTER, _POINTER, _STRING),
    "TF_NewSessionOptions": (_POINTER,),
    "TF_SetConfig": (None, _POINTER, _STRING, _SIZE, _POINTER),
    "TF_DeleteSessionOptions": (None, _POINTER),
    "TF_NewBuffer": (ctypes.POINTER(Buffer),),
    "TF_DeleteBuffer": (None, ctypes.POINTER(Buffer)),
    "TF_CloseSession": (None, _POINTER, _POINTER),
    "TF_DeleteSession": (None, _POINTER, _POINTER),
    "TF_AllocateTensor": (_POINTER, _INT, _POINTER, _INT, _SIZE),
    "TF_DeleteTensor": (None, _POINTER),
    "TF_TensorType": (_INT, _POINTER),
    "TF_NumDims": (_INT, _POINTER),
    "TF_Dim": (ctypes.c_int64, _POINTER, _INT),
    "TF_TensorByteSize": (_SIZE, _POINTER),
    "TF_TensorData": (_POINTER, _POINTER),
    "TF_StringInit": (None, _POINTER),
    "TF_StringCopy": (None, _POINTER, _STRING, _SIZE),
    "TF_StringGetDataPointer": (_POINTER, _POINTER),
    "TF_StringGetSize": (_SIZE, _POINTER),
    "TF_LoadSessionFromSavedModel": (
        _POINTER,
        _POINTER,
        ctypes.POINTER(Buffer),
        _STRING,
        ctypes.POINTER(_STRING),
        _INT,
        _POINTER,
        ctypes.POINTER(Buffer),
        _POINTER,
    ),
    "TF_SessionRun": (
        None,
        _POINTER,
        ctypes.POINTER(Buffer),
        ctypes.POINTER(Output),
        ctypes.POINTER(_POINTER),
        _INT,
        ctypes.POINTER(Output),
        ctypes.POINTER(_POINTER),
        _INT,
        ctypes.POINTER(_POINTER),
        _INT,
        ctypes.POINTER(Buffer),
        _POINTER,
    ),
}
# sizeof(TF_TString)
STRING_BYTES = 24


@functools.cache
def library():
    """The C API of the installed TensorFlow, which need not be imported.

    Returns:
        object with one attribute for each function.

    Raises:
        RuntimeError: TensorFlow is not installed, or it is in another place.
    """
    spec = importlib.util.find_spec("tensorflow")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError(
            "TensorFlow is not installed; the local server needs it."
        )
    # Otherwise the first session takes all memory of every GPU.
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
    # Otherwise oneDNN keeps the memory of the largest request for ever.
    os.environ.setdefault("TF_ONEDNN_USE_SYSTEM_ALLOCATOR", "1")
    folder = pathlib.Path(spec.submodule_search_locations[0])
    loaded = []
    for stem in ("libtensorflow_framework", "libtensorflow_cc"):
        libraries = sorted(folder.glob(f"{stem}.*"))
        if not libraries:
            raise RuntimeError(f"{folder} has no {stem}; expected TensorFlow 2")
        loaded.append(ctypes.CDLL(str(libraries[0]), ctypes.RTLD_GLOBAL))
    functions = {}
    for name, (result, *arguments) in _FUNCTIONS.items():
        holder = loaded[0] if hasattr(loaded[0], name) else loaded[1]
        function = getattr(holder, name)
        function.restype, function.argtypes = result, arguments
        functions[name] = function
    return type("TensorFlowC", (), functions)


class Status:
    """A TF_Status that raises `CallError` when its block ends badly."""

    def __enter__(self):
        self.pointer = library().TF_NewStatus()
        return self.pointer

    def __exit__(self, kind, value, trace):
        code = library().TF_GetCode(self.pointer)
        text = library().TF_Message(self.pointer).decode("utf-8", "replace")
        library().TF_DeleteStatus(self.pointer)
        if kind is None and code:
            raise CallError(code, text)


def _dims(shape):
    return (ctypes.c_int64 * max(len(shape), 1))(*shape)


def new_tensor(tensor: tensors.Tensor):
    """Copies an array into TensorFlow's memory.

    Args:
        tensor: `Tensor`.

    Returns:
        TF_Tensor pointer; give it to `delete_tensor`.
    """
    api = library()
    kind, array = tensor
    size = STRING_BYTES if kind == tensors.STRING else kind.storage.itemsize
    pointer = api.TF_AllocateTensor(
        kind.number, _dims(array.shape), array.ndim, array.size * size
    )
    data = api.TF_TensorData(pointer)
    if kind == tensors.STRING:
        for index, item in enumerate(array.reshape(-1).tolist()):
            at = data + index * STRING_BYTES
            api.TF_StringInit(at)
            api.TF_StringCopy(at, item, len(item))
    elif array.size:
        array = np.ascontiguousarray(array)
        ctypes.memmove(data, array.ctypes.data, array.nbytes)
    return pointer


def read_tensor(pointer) -> tensors.Tensor:
    """Copies a TF_Tensor into an array.

    Args:
        pointer: TF_Tensor pointer.

    Returns:
        `Tensor`.

    Raises:
        tensors.TensorError: the element type cannot be sent.
    """
    api = library()
    number = api.TF_TensorType(pointer)
    if number not in tensors.DATA_TYPES:
        raise tensors.TensorError(f"data type {number} cannot be sent")
    kind = tensors.DATA_TYPES[number]
    shape = tuple(
        api.TF_Dim(pointer, index) for index in range(api.TF_NumDims(pointer))
    )
    data = api.TF_TensorData(pointer)
    if kind == tensors.STRING:
        count = int(np.prod(shape, dtype=np.int64))
        array = np.empty(count, object)
        for index in range(count):
            at = data + index * STRING_BYTES
            array[index] = ctypes.string_at(
                api.TF_StringGetDataPointer(at), api.TF_StringGetSize(at)
            )
        return tensors.Tensor(kind, array.reshape(shape))
    array = np.empty(shape, kind.storage)
    if array.size:
        ctypes.memmove(array.ctypes.data, data, array.nbytes)
    return tensors.Tensor(kind, array)


def delete_tensor(pointer) -> None:
    """Frees a TF_Tensor and the strings in it."""
    library().TF_DeleteTensor(pointer)
