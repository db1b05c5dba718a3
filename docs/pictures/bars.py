"""Bars of a table in docs/results.md, direction A to B, as SVG files.

    python docs/pictures/bars.py "At the end of its quick preset"

writes docs/pictures/bars_COLUMN.svg for each column of numbers.
"""

import re
import sys
from pathlib import Path

from tfmask.reports.benchmark_report import bars

DOCS = Path(__file__).parents[1]
COLUMNS = ("mask_iou_best", "background_l1", "foreground_l1")


def table_below(heading):
    """Rows of the first table below a heading: name to {column: number}."""
    text = (DOCS / "results.md").read_text()
    lines = text.split(f"# {heading}\n", 1)[1].splitlines()
    rows = [line.strip("|").split("|") for line in lines if line[:1] == "|"]
    names = [cell.strip(" `") for cell in rows[0]]
    numbers_by_method = {}
    for row in rows[2:]:
        if len(row) != len(names):
            break  # the next table
        cells = dict(zip(names, row, strict=True))
        method = re.search(r"`(\w+)`|(\w[\w ]*)", cells[names[0]])
        numbers = {c: re.search(r"\d[\d.]*", cells[c]) for c in COLUMNS}
        numbers_by_method[method[1] or method[2].strip()] = {
            c: (float(number[0]), None)
            for c, number in numbers.items()
            if number
        }
    return numbers_by_method


def main(heading):
    table = table_below(heading)
    for column in COLUMNS:
        path = DOCS / "pictures" / f"bars_{column}.svg"
        # Pages are white or black; a file of its own knows no page's colour.
        path.write_text(bars(column, table).replace("currentColor", "#777"))
        print(path.relative_to(DOCS))


if __name__ == "__main__":
    main(*sys.argv[1:])
