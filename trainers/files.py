"""Files that are either old or new, never half written."""

import hashlib
import json
import os
import tempfile
from contextlib import contextmanager
from pathlib import Path

from tfmask.ops.errors import UserError
from tfmask.ops.locks import LOCK


@contextmanager
def replacing(path):
    """A temporary file beside `path` that takes its place at the end.

    Args:
        path: file to write; its folder is made.

    Yields:
        Binary file. An exception inside the block leaves `path` as it was
        and removes the temporary file.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(
        dir=path.parent, prefix=f".{path.name}."
    )
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
        os.chmod(temporary, 0o644)  # mkstemp's files are private
        os.replace(temporary, path)
    except BaseException as error:
        os.unlink(temporary)
        if isinstance(error, OSError) and error.filename is None:
            error.filename = str(path)  # write() does not know its file
        raise


def write_text(path, text):
    """Writes UTF-8 text in one go."""
    with replacing(path) as file:
        file.write(text.encode())


def write_json(path, value):
    """Writes JSON for people: indented, `inf` as the string "inf"."""
    text = json.dumps(_strict(value), indent=2, allow_nan=False)
    write_text(path, text + "\n")


def write_png(path, pixels):
    """Writes a (H, W, 3), (H, W, 1) or (H, W) uint8 array as a PNG."""
    from PIL import Image

    if pixels.ndim == 3 and pixels.shape[-1] == 1:
        pixels = pixels[..., 0]
    with replacing(path) as file:
        Image.fromarray(pixels).save(file, format="PNG")


def is_used(path):
    """Whether there is a file, or a folder with more than its lock in it."""
    if not path.is_dir():
        return path.exists()
    return any(entry.name != LOCK for entry in path.iterdir())


def require_free(out):
    """Raises a `UserError` if something is in the folder `out`."""
    if is_used(out):
        raise UserError(
            f"`{out}` exists and is not empty. Give another folder as `--out`."
        )


def sha256_of(path):
    """Hexadecimal SHA-256 of a file, or of all files of a folder."""
    path, digest = Path(path), hashlib.sha256()
    files = [path]
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.is_file())
    for file in files:
        if file != path:
            digest.update(file.relative_to(path).as_posix().encode())
        with open(file, "rb") as opened:
            while part := opened.read(2**20):
                digest.update(part)
    return digest.hexdigest()


def _strict(value):
    """JSON has no infinity; `float("inf")` reads the string back."""
    if isinstance(value, dict):
        return {str(key): _strict(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_strict(item) for item in value]
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        return str(value)
    return value
