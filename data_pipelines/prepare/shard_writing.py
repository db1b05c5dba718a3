"""Writes the files of an image folder into TFRecord shards."""

import dataclasses
import itertools
import json
import os
import shutil
from pathlib import Path

import tensorflow as tf

from data_pipelines.arguments import DOMAINS, SPLITS
from data_pipelines.attribute_folders import CSV_LIST, IMAGES, REGIONS
from data_pipelines.attribute_lists import CELEBA_LIST, CELEBA_PARTITION
from data_pipelines.folders import images_of
from data_pipelines.paired_folders import FOLDERS, SIDE_BY_SIDE, UNPAIRED
from data_pipelines.palettes import FILE as CLASSES
from data_pipelines.sharded_folders import (
    HEAD,
    INDEX,
    TAIL,
    UNFINISHED,
    VERSION,
    refuse_shards,
)
from serving.commands.files import file_problem, scan_folder
from serving.commands.progress import image_progress
from tfmask.ops.errors import UserError
from tfmask.ops.files import (
    replacing,
    require_free,
    sha256_of,
    write_json,
)
from tfmask.ops.locks import only_writer

# Tables stay files beside the shards.
_TABLES = (CELEBA_LIST, CELEBA_PARTITION, CSV_LIST, REGIONS, CLASSES)


@dataclasses.dataclass(frozen=True)
class _File:
    """A file that goes into a shard."""

    name: str
    path: Path
    size: int
    changed: int


def write_shards(data, out, shard_bytes):
    """Writes the shards of an image folder that are not there yet.

    Args:
        data: path of the folder.
        out: path of the folder of shards.
        shard_bytes: int; a shard ends with the file that reaches this size.

    Returns:
        (list of dict, the index's shards; int, how many were there before).

    Raises:
        UserError: the folder has no images, a file cannot be read, or `out`
            has something else.
    """
    refuse_shards(data, "This command")
    folders = image_folders(data)
    shards = list(_cut(_files_of(data, folders), shard_bytes))
    names = [f"shard-{number:05d}.tfrecord" for number in range(len(shards))]
    with only_writer(out, "Or give another folder as `--out`."):
        known = _written_before(out)
        entries = [
            _known_entry(known.get(name), files, out / name)
            for name, files in zip(names, shards, strict=True)
        ]
        reused = sum(entry is not None for entry in entries)
        if (out / INDEX).exists():
            if None in entries or len(known) > len(entries):
                raise UserError(
                    f"`{out}` has the shards of other files, or {data} has "
                    "changed since they were written. Give another folder as "
                    "`--out`, or remove it."
                )
            return entries, reused
        with (
            # Names of files may not be UTF-8; JSON escapes them.
            open(out / UNFINISHED, "a", encoding="ascii") as record,
            image_progress("Writing", sum(map(len, shards))) as advance,
        ):
            for number, files in enumerate(shards):
                if entries[number] is None:
                    entries[number] = _write(out / names[number], files)
                    record.write("\n" + json.dumps(entries[number]))
                    record.flush()
                advance(len(files))
        for table in _TABLES:
            if (data / table).is_file():
                _copy(data / table, out / table)
        for name in set(known) - set(names):
            (out / name).unlink(missing_ok=True)
        facts = {"version": VERSION, "folders": folders, "shards": entries}
        write_json(out / INDEX, facts)
        (out / UNFINISHED).unlink()
    return entries, reused


def image_folders(data):
    """The names of the folders that training may read, sorted.

    Args:
        data: path.

    Raises:
        UserError: there is none.
    """
    names = {*IMAGES}
    for split, domain in itertools.product(SPLITS, DOMAINS):
        words = {"split": split, "domain": domain.upper()}
        unpaired = UNPAIRED.format(**words)
        names |= {SIDE_BY_SIDE.format(**words), FOLDERS.format(**words)}
        names |= {unpaired, f"{unpaired}_mask", f"{unpaired}_seg"}
    there = sorted(name for name in names if (data / name).is_dir())
    if not there:
        images_of(data, "trainA")  # says what is expected
    return there


def _files_of(data, folders):
    """Yields the `_File`s of some folders, in the order of training."""
    for folder in folders:
        for path, _ in scan_folder(data / folder).images:
            if problem := file_problem(path):
                raise UserError(
                    f"{path} {problem}. Repair or remove it: shards hold only "
                    "files that can be read."
                )
            facts = path.stat()
            yield _File(
                f"{folder}/{path.name}", path, facts.st_size, facts.st_mtime_ns
            )


def _cut(files, shard_bytes):
    """Yields lists of files, each of about the size of a shard."""
    shard, size = [], 0
    for file in files:
        shard.append(file)
        size += HEAD + file.size + TAIL
        if size >= shard_bytes:
            yield shard
            shard, size = [], 0
    if shard:
        yield shard


def _written_before(out):
    """dict of a shard's name to its entry, of an earlier command."""
    if (out / INDEX).is_file():
        lines = json.loads((out / INDEX).read_bytes())["shards"]
    elif (out / UNFINISHED).is_file():
        lines = _finished_lines((out / UNFINISHED).read_text(encoding="ascii"))
    else:
        require_free(out)
        lines = []
    return {entry["name"]: entry for entry in lines}


def _finished_lines(text):
    """Yields the entries of whole lines. The last line may be cut off."""
    for line in text.splitlines():
        try:
            yield dict(json.loads(line))
        except ValueError:
            continue


def _known_entry(entry, files, path):
    """The entry of an earlier command if it still holds, else None."""
    if entry is None or not path.is_file():
        return None
    same = (
        list(entry["files"].items()) == [(f.name, f.size) for f in files]
        and entry["newest"] == max(file.changed for file in files)
        and entry["bytes"] == path.stat().st_size
    )
    return entry if same else None


def _write(path, files):
    """Writes one shard in one go; returns its entry of the index."""
    temporary = path.with_name(f".{path.name}.part")
    try:
        with tf.io.TFRecordWriter(str(temporary)) as writer:
            for file in files:
                content = file.path.read_bytes()
                if len(content) != file.size:
                    raise UserError(
                        f"{file.path} has changed while this command ran: it "
                        f"had {file.size} bytes and has {len(content)}. Give "
                        "the command again when nothing writes there."
                    )
                writer.write(content)
        digest = sha256_of(temporary)
        os.replace(temporary, path)
    except tf.errors.OpError as error:
        raise UserError(
            f"`{path}` cannot be written: {error.message}"
        ) from error
    finally:
        temporary.unlink(missing_ok=True)
    return {
        "name": path.name,
        "bytes": path.stat().st_size,
        "sha256": digest,
        "newest": max(file.changed for file in files),
        "files": {file.name: file.size for file in files},
    }


def _copy(source, target):
    with open(source, "rb") as opened, replacing(target) as copy:
        shutil.copyfileobj(opened, copy)
