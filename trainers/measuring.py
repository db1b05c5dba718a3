"""What all evaluations share: examples of a gallery and tables of numbers."""

import numpy as np

from tfmask.ops.errors import UserError

DATA_RANGE = 2.0  # width of [-1, 1]
SHOWN = 12  # images of the gallery, in each direction
ROWS = {
    "model": "this run",
    "whole_image": "mask of 1",
    "found_masks": "its own masks",
    "identity": "identity map",
    "mean_mask": "mean training mask",
    "true_partner": "true partner",
}
BEST_THRESHOLD = (
    "`mask_iou_best` takes the one threshold that is best on these very "
    "images: an upper bound."
)


def require_finite(made):
    """Raises a `UserError` if a translation holds NaN or infinity.

    Args:
        made: dict of arrays, what `compiled_translate`'s function returns.

    Returns:
        made.
    """
    if not all(np.isfinite(values).all() for values in made.values()):
        raise UserError(
            "The run's translations hold NaN or infinity: its weights "
            "are broken. Train again, or from an earlier checkpoint."
        )
    return made


class StepChanges:
    """What each step of a translation in steps changed: means over images."""

    def __init__(self):
        self._changes = []

    def update(self, made):
        """Takes `step_change` (B, K) of a batch's translation, if it is there.

        Args:
            made: dict of arrays, see `compiled_translate`.
        """
        if "step_change" in made:
            self._changes.append(made["step_change"])

    def result(self):
        """dict with `step_change_1` to `step_change_K`; empty if K is 0."""
        if not self._changes:
            return {}
        means = np.concatenate(self._changes).mean(axis=0, dtype=np.float64)
        return {
            f"step_change_{number}": float(value)
            for number, value in enumerate(means, start=1)
        }


class Examples:
    """Rows of the gallery: images evenly spaced over the whole set.

    Args:
        total: int, images in the set.
        names: list of str, theirs.
    """

    def __init__(self, total, names):
        self._wanted = set(np.linspace(0, total - 1, SHOWN).astype(int))
        self._names = names
        self.rows = []

    def update(self, numbers, columns, notes=None):
        """Takes what is wanted of a batch.

        Args:
            numbers: (B,) int, places of the images in the set.
            columns: list of (B, H, W, C) arrays, or None for an empty cell.
            notes: list of B str for the captions, or None.
        """
        for position, number in enumerate(numbers):
            if number not in self._wanted:
                continue
            caption = self._names[number] + (notes[position] if notes else "")
            images = [c if c is None else c[position] for c in columns]
            self.rows.append((caption, images))


def show(gallery, title, rows, columns, examples, count):
    """Adds one direction to a gallery: its table and its example images.

    Args:
        gallery: `Gallery`, or None: then nothing is done.
        title: str, heading of both sections.
        rows: see `table_of`.
        columns: list of str, what the examples' columns are.
        examples: `Examples`.
        count: int, images measured.
    """
    if gallery is None:
        return
    gallery.add_table(title, *table_of(rows))
    gallery.add_section(
        f"{title}: {len(examples.rows)} of {count} images, evenly spaced",
        columns,
        examples.rows,
    )


def table_of(rows):
    """One direction's rows turned for reading: a line for each number.

    Args:
        rows: dict of row to dict of numbers, as in an evaluation's result;
            what only the run has is a dash in the others.

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
