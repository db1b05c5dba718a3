"""Tables of numbers for readers, and the examples beside them."""

import numpy as np

SHOWN = 12  # images of the gallery, in each direction
ROWS = {
    "model": "this run",
    "whole_image": "mask of 1",
    "found_masks": "its own masks",
    "identity": "identity map",
    "mean_mask": "mean training mask",
    "true_partner": "true partner",
}


class Table:
    """Rows of numbers of some images, and examples of these for a gallery.

    Args:
        title: str; it may have underscores.
        measures: list of `Measure`, which give the numbers.
        beside: names of rows that the table has even without a number.
        names: list of str, names of the images. The examples are evenly spaced.

    Attributes:
        count: int, images so far.
    """

    def __init__(self, title, measures, beside, names):
        self.count = 0
        self._title, self._measures = title.replace("_", " "), measures
        self._rows, self._beside = {}, beside
        self._names, self._columns, self._examples = names, [], []
        self._wanted = set(np.linspace(0, len(names) - 1, SHOWN).astype(int))

    def update(self, example):
        """Takes a batch, an `Example`."""
        self.count += len(example.index)
        self._rows |= dict.fromkeys(example.rows)
        columns, captions = {**example.shown}, example.captions
        for measure in self._measures:
            measure.update(example)
            columns |= measure.columns(example)
            captions = captions or measure.captions(example)
        self._columns = list(columns)
        for place, number in enumerate(example.index):
            if number in self._wanted:
                more = captions[place] if captions else ""
                images = [
                    c if c is None else c[place] for c in columns.values()
                ]
                self._examples.append((self._names[number] + more, images))

    def result(self):
        """dict of row to dict of name to number; None: it has no number."""
        rows = {row: {} for row in (*self._rows, *self._beside)}
        for measure in self._measures:
            for row, numbers in measure.result().items():
                rows[row] |= numbers
        return {
            row: None if set(numbers.values()) <= {None} else numbers
            for row, numbers in rows.items()
        }

    def notes(self):
        """list of str, the measures' notes."""
        return [n for measure in self._measures for n in measure.notes()]

    def show(self, gallery, rows):
        """Adds `rows`, its result, and its examples to a `Gallery`."""
        examples = self._examples
        gallery.add_table(self._title, *table_of(rows))
        gallery.add_section(
            f"{self._title}: {len(examples)} of {self.count} images, evenly "
            "spaced",
            self._columns,
            examples,
        )


def mean_rows(tables):
    """The mean of equal tables, number by number.

    Args:
        tables: list of dicts of row to dict of numbers, one dict for each
            table.

    Returns:
        A dict of the same form with the means over the tables that have the
        number. It has no thresholds, because their mean has no meaning.
    """
    return {
        row: {
            name: _mean([table[row][name] for table in tables])
            for name in numbers
            if not name.endswith("threshold")
        }
        for row, numbers in tables[0].items()
    }


def _mean(values):
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None


def table_of(rows):
    """The table of one direction, with a line for each number.

    Args:
        rows: dict of row to dict of numbers, as in an evaluation's result;
            a number that only the run has is a dash in the other rows.

    Returns:
        (column names, list of lines), all str.
    """
    shown = {row: numbers for row, numbers in rows.items() if numbers}
    lines = [
        [name.replace("_", " ")]
        + [_cell(name, numbers.get(name)) for numbers in shown.values()]
        for name in rows["model"]
    ]
    return ["", *(ROWS[row] for row in shown)], lines


def _cell(name, value):
    if value is None:
        return "-"
    digits = 2 if name.endswith(("psnr", "threshold")) else 4
    return f"{float(value):.{digits}f}"  # float: JSON keeps infinity as text


def print_tables(result):
    """Prints one table a direction, and the notes, on stdout."""
    from rich.console import Console
    from rich.table import Table

    console = Console()
    for direction, rows in result["directions"].items():
        names, lines = table_of(rows)
        table = Table(title=f"{direction}, {result['n'][direction]} images")
        for position, name in enumerate(names):
            table.add_column(name, justify="right" if position else "left")
        for line in lines:
            table.add_row(*line)
        console.print(table)
    console.print("Images in [-1, 1]: an L1 of 2 is black against white.")
    for note in result["notes"]:
        console.print(note, markup=False, highlight=False)
