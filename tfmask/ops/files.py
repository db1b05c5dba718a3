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
        path: file to write. Its folder is made if it is missing.

    Yields:
        Binary file. After an exception inside the block, `path` is unchanged
        and the temporary file is removed.
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
    """Writes UTF-8 text in one go; names that are not UTF-8 are escaped."""
    with replacing(path) as file:
        file.write(text.encode(errors="backslashreplace"))


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


def check_results_file(path, wrote, *, overwrite):
    """Looks whether a JSON file of results may be written.

    Commands call it before minutes of work, not after them.

    Args:
        path: the file.
        wrote: str, a key that every file of this command has.
        overwrite: bool; an older file of this command may be replaced. Any
            other file is never replaced, because it may be an input.

    Raises:
        UserError: the file may not be written.
    """
    advice = "another file as `--json`."
    if path.is_dir():
        raise UserError(f"`--json` must be a file. Got: `{path}`")
    # An empty file, for example of mktemp, holds no results.
    if not os.path.lexists(path) or path.is_file() and not path.stat().st_size:
        return
    if not overwrite:
        raise UserError(
            f"`{path}` is already there. Give `--overwrite` or {advice}"
        )
    try:
        known = wrote in dict(json.loads(path.read_bytes()))
    except (ValueError, TypeError, OSError):
        known = False
    if not known:
        raise UserError(
            f"`{path}` is no file that this command wrote, so it is not "
            f"replaced. Give {advice}"
        )


def check_results_folder(path, names, *, overwrite, option):
    """Looks whether results may go into a folder.

    Args:
        path: the folder. It may be missing.
        names: the names of all files that the command writes into it.
        overwrite: bool; older results may be replaced.
        option: str, the option of the path, for the message.

    Raises:
        UserError: the path is a file, or older results are there.
    """
    if path.exists() and not path.is_dir():
        raise UserError(
            f"`--{option}` must be a folder. Got: `{path}`, a file."
        )
    older = [path / n for n in names if os.path.lexists(path / n)]
    if older and not overwrite:
        raise UserError(
            f"`{older[0]}` is already there. Give `--overwrite` or another "
            f"folder as `--{option}`."
        )


def sha256_of(path):
    """Hexadecimal SHA-256 of a file, or of all files of a folder."""
    path, digest = Path(path), hashlib.sha256()
    files = [path]
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.is_file())
    for file in files:
        if file != path:
            name = file.relative_to(path).as_posix()
            digest.update(name.encode(errors="surrogateescape"))
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
