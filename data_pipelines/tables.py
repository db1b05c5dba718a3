"""Text files that say something about images: their lines and rows."""

import csv
from pathlib import Path

from tfmask.ops.errors import UserError


def read_lines(path):
    """The lines of a text file that are not blank.

    Args:
        path: the file, UTF-8 with or without a byte order mark.

    Returns:
        list of (number, text). The first line has the number 1.

    Raises:
        UserError: it cannot be read, or it is no text.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UserError(f"`{path}` cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UserError(f"`{path}` is not a text file: {error}") from error
    lines = enumerate(text.split("\n"), 1)  # the reader makes CRLF to LF
    return [(number, line) for number, line in lines if line.strip()]


def read_rows(path):
    """The rows of a table whose cells are separated by commas.

    Args:
        path: the file.

    Returns:
        list of (line number, list of str without blanks at their ends).

    Raises:
        UserError: as in `read_lines`; or a quoted cell does not end in its
            line.
    """
    rows = []
    for number, line in read_lines(path):
        try:
            (cells,) = csv.reader([line], strict=True)
        except csv.Error as error:
            raise UserError(
                f"Line {number} of {path} is no row of a table: {error}."
            ) from error
        rows.append((number, [cell.strip() for cell in cells]))
    return rows
