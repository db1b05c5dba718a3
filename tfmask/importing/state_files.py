"""Files of weights: PyTorch's `.pth`, and safetensors."""

from pathlib import Path

import numpy as np

from tfmask.ops.errors import UserError


def read_state(path):
    """The arrays of a file of weights. No code in it is run.

    Args:
        path: a `.pth`, `.pt` or `.ckpt` of `torch.save` (needs PyTorch): the
            `state_dict` of one network, or a dict of several; or a
            `.safetensors` (needs safetensors).

    Returns:
        dict of key to array, in the order of the file. Training on several GPUs
        puts `module.` in front of keys; it is removed. If there are several
        networks, the keys begin with the name of the network and a dot.

    Raises:
        UserError: a library is missing, or the file holds something else.
    """
    path = Path(path)
    read = _read_safetensors if path.suffix == ".safetensors" else _read_torch
    try:
        state = read(path)
    except ImportError as error:
        raise UserError(
            f"`{path}` needs {error.name}: pip install 'tfmask[weights]'"
        ) from error
    return {key.removeprefix("module."): state[key] for key in state}


def _read_safetensors(path):
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        return load_file(path)
    except SafetensorError as error:
        raise UserError(f"`{path}` is no safetensors file: {error}") from error


def _read_torch(path):
    import pickle

    import torch

    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError) as error:
        reason = str(error).splitlines()[0]
        raise UserError(
            f"`{path}` cannot be read as weights alone: {reason}"
        ) from error
    flat = {}
    for name, value in state.items() if isinstance(state, dict) else ():
        parts = value.items() if isinstance(value, dict) else [("", value)]
        for key, tensor in parts:
            key = f"{name}.{key.removeprefix('module.')}" if key else name
            flat[key] = tensor
    if not flat or not all(isinstance(v, torch.Tensor) for v in flat.values()):
        raise UserError(
            f"`{path}` must hold a network's state_dict (a dict of name to "
            f"tensor), or a dict of some. Got: {type(state).__name__}"
        )
    return {key: np.asarray(value) for key, value in flat.items()}
