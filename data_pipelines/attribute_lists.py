"""Which image has which attributes: CelebA's lists, and CSV files."""

import dataclasses
import math
import re
from pathlib import Path

import numpy as np

from data_pipelines.tables import read_lines, read_rows
from tfmask.ops.errors import UserError, unknown_name

CELEBA_LIST = "list_attr_celeba.txt"
CELEBA_PARTITION = "list_eval_partition.txt"
_FILE = ("file", "image_id")
# CelebA's split numbers. 1 is validation, and nothing here uses it.
PARTITIONS = {"train": "0", "test": "2"}
_PARTITION_ROW = re.compile(r"(.*[^\s,])[\s,]+(\S+)")


@dataclasses.dataclass(frozen=True)
class AttributeList:
    """The rows of an attribute file.

    Attributes:
        path: the file, for messages.
        names: tuple of str, the attributes' names.
        files: tuple of str, the images' file names.
        values: (rows, K) float32 0/1.
    """

    path: Path
    names: tuple[str, ...]
    files: tuple[str, ...]
    values: np.ndarray

    def select(self, wanted, *, constant=False):
        """The list with only these attributes, in this order.

        Args:
            wanted: names.
            constant: bool; an attribute may have the same value in all rows.

        Raises:
            UserError: a name is unknown (the text has the nearest ones), a name
                comes twice, or nothing can be learnt about an attribute.
        """
        if not wanted:
            raise UserError(
                "No attribute is selected. Name some: `tfmask train "
                "--data.attributes`, `tfmask classifier --attributes`. "
                f"{self.path} has: {', '.join(self.names)}."
            )
        for name in wanted:
            if name not in self.names:
                raise unknown_name("attribute", name, self.names)
        if len(set(wanted)) < len(wanted):
            raise UserError(
                f"Every attribute can be selected once. Got: "
                f"{', '.join(wanted)}."
            )
        columns = [self.names.index(name) for name in wanted]
        values = self.values[:, columns]
        for name, column in zip(wanted, values.T, strict=True):
            if column.min() == column.max() and not constant:
                raise UserError(
                    f"The attribute `{name}` is {column[0]:.0f} in all "
                    f"{len(column)} used rows of {self.path}: nothing can be "
                    "learnt about it. Select others (`tfmask train "
                    "--data.attributes`, `tfmask classifier --attributes`), "
                    "or add images."
                )
        return dataclasses.replace(self, names=tuple(wanted), values=values)

    def rows(self, chosen):
        """The list with only the rows where `chosen` (rows,) is true."""
        chosen = np.asarray(chosen, bool)
        return dataclasses.replace(
            self,
            files=tuple(np.array(self.files, object)[chosen]),
            values=self.values[chosen],
        )

    def check_files(self, folder):
        """Raises `UserError` if an image of the list is not in `folder`."""
        there = {path.name for path in folder.iterdir()}
        missing = [name for name in self.files if name not in there]
        if missing:
            raise UserError(
                f"{len(missing)} of {len(self.files)} images of {self.path} "
                f"are not in {folder}, the first is `{missing[0]}`. Add them, "
                "or take their rows out of the list."
            )


def read_celeba_list(path):
    """Reads `list_attr_celeba.txt`: count, names, then rows of -1 and 1.

    Args:
        path: the file.

    Returns:
        `AttributeList`.

    Raises:
        UserError: the file is missing or damaged, or its count is wrong.
    """
    lines = [(number, line.split()) for number, line in read_lines(path)]
    first = lines[0][1] if lines else []
    if len(lines) < 2 or len(first) != 1 or not first[0].isdecimal():
        raise UserError(
            f"Expected the number of images in the first line of {path} and "
            f"the attributes' names in the second, separated by blanks. Got: "
            f"`{' '.join(first)[:60]}`."
        )
    count, names, rows = int(first[0]), lines[1][1], lines[2:]
    if count != len(rows):
        raise UserError(
            f"{path} says in its first line that it lists {count} images, "
            f"but {len(rows)} rows follow. Is it cut off? Correct the number "
            "or the rows."
        )
    return _attribute_list(path, names, rows, {"-1": 0.0, "1": 1.0})


def read_csv(path):
    """Reads a table with the column `file`, then one an attribute, 0 or 1.

    The first column may also have the name `image_id`, as in CelebA's tables.
    -1 counts as 0. An intensity above 0 (of action units) counts as 1.

    Args:
        path: the file. Its separator is `,`.

    Returns:
        `AttributeList`.

    Raises:
        UserError: the file is missing or damaged.
    """
    rows = read_rows(path)
    header = rows[0][1] if rows else []
    if len(header) < 2 or header[0] not in _FILE:
        raise UserError(
            f"Expected the columns `file` and one or more attributes in the "
            f"first line of {path}, separated by commas. Got: "
            f"`{','.join(header)[:60]}`."
        )
    return _attribute_list(path, header[1:], rows[1:], None)


def celeba_split(attributes, partition, split):
    """The rows of one split, as `list_eval_partition.txt` says.

    Args:
        attributes: `AttributeList`.
        partition: path of a file with rows such as `000001.jpg 0`. The
            separators are blanks, tabs or a comma.
        split: "train" (0) or "test" (2).

    Returns:
        `AttributeList`.

    Raises:
        UserError: the file is missing or damaged; an image has no row or two
            rows; or the split has no image.
    """
    number = read_partition(partition)
    missing = [file for file in attributes.files if file not in number]
    if missing:
        raise UserError(
            f"{len(missing)} images of {attributes.path} have no row in "
            f"{partition}, the first is `{missing[0]}`. Add it with 0 for "
            "training, 2 for test."
        )
    in_split = [number[file] == PARTITIONS[split] for file in attributes.files]
    if not any(in_split):
        raise UserError(
            f"{partition} has no image for {split} (number "
            f"{PARTITIONS[split]})."
        )
    return attributes.rows(in_split)


def read_partition(partition):
    """Reads `list_eval_partition.txt`.

    Args:
        partition: path; see `celeba_split`.

    Returns:
        dict of file name to "0", "1" or "2", see `PARTITIONS`.

    Raises:
        UserError: it is missing or damaged, or lists a file twice.
    """
    number = {}
    for line, text in read_lines(partition):
        row = _PARTITION_ROW.fullmatch(text.strip())
        if row is None or row[2] not in ("0", "1", "2"):
            raise UserError(
                "Expected the name of a file and 0 (training), 1 (not used) "
                f"or 2 (test) in line {line} of {partition}. Got: "
                f"`{text.strip()[:60]}`."
            )
        if row[1] in number:
            raise UserError(
                f"`{row[1]}` in line {line} of {partition} is listed before. "
                "Remove one of them."
            )
        number[row[1]] = row[2]
    return number


def _attribute_list(path, names, rows, known):
    """Checks and converts rows of (line, [file name, *values])."""
    if len(set(names)) < len(names) or not all(names):
        raise UserError(f"{path} names an attribute twice, or one has no name.")
    if not rows:
        raise UserError(f"{path} lists no image.")
    values = np.zeros((len(rows), len(names)), np.float32)
    earlier_files = set()
    for position, (line, (file, *cells)) in enumerate(rows):
        where = f"`{file}` in {path} (row {line})"
        if len(cells) != len(names):
            raise UserError(
                f"Expected {len(names)} values for {where}. Got: {len(cells)}."
            )
        if file in earlier_files:
            raise UserError(f"{where} is listed before. Remove one of them.")
        earlier_files.add(file)
        for column, cell in enumerate(cells):
            values[position, column] = _value(cell, known, where)
    return AttributeList(
        Path(path), tuple(names), tuple(row[0] for _, row in rows), values
    )


def _value(cell, known, where):
    """0.0 or 1.0 of a cell."""
    if known is not None:
        value = known.get(cell)
        expected = "-1 or 1"
    else:
        expected = "a number"
        try:
            number = float(cell)
            value = None if math.isnan(number) else float(number > 0)
        except ValueError:
            value = None
    if value is None:
        raise UserError(
            f"Expected {expected} for every attribute of {where}. Got: "
            f"`{cell}`."
        )
    return value
