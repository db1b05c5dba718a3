"""Which colour of a label map is which class."""

import dataclasses
import itertools
from pathlib import Path

import numpy as np

from data_pipelines.tables import read_rows
from serving.commands.mask_values import colours_of, in_words
from tfmask.ops.errors import UserError

FILE = "classes.csv"
COLUMNS = ("index", "name", "r", "g", "b")
VOID = "void"
# If a colour is so near to a colour of the palette, it counts as that one. The
# compression of a JPEG or a resize has moved it.
_NEAR = 48
# Grey values below this are almost black. They are numbers, not shades.
_DARK = 32


@dataclasses.dataclass(frozen=True)
class Palette:
    """The colours of label maps.

    Attributes:
        names: tuple of str, of the classes 0, 1, ...
        colours: tuple of (r, g, b), int in 0..255, the colours of the classes.
        void: tuple of (r, g, b) of pixels that belong to no class.
    """

    names: tuple[str, ...]
    colours: tuple[tuple[int, int, int], ...]
    void: tuple[tuple[int, int, int], ...] = ()


def find_palette(root):
    """The palette of a folder's label maps; None if it has no `FILE`.

    Args:
        root: path of the folder.

    Raises:
        UserError: see `read_palette`.
    """
    path = Path(root) / FILE
    return read_palette(path) if path.is_file() else None


def read_palette(path):
    """Reads a table of classes and colours.

    It has the columns `index`, `name`, `r`, `g`, `b` and perhaps others, and
    one row for each colour. The classes have the numbers 0, 1, ... without a
    gap. Rows with the name `void` are colours of no class, with any number.

    Args:
        path: CSV file.

    Returns:
        `Palette`.

    Raises:
        UserError: the file has another form.
    """
    (_, header), *rows = read_rows(path) or [(1, [])]
    if not set(COLUMNS) <= set(header):
        raise UserError(
            f"`{path}` must have the columns {', '.join(COLUMNS)}. Got: "
            f"{', '.join(header)}. Commas separate them."
        )
    classes, void, names_by_colour = {}, [], {}
    for line, cells in rows:
        if len(cells) > len(header):
            raise UserError(
                f"`{path}`, line {line} has {len(cells)} cells, but the first "
                f"line has {len(header)}."
            )
        row = dict(itertools.zip_longest(header, cells))
        index, name, colour = _parsed(row, f"`{path}`, line {line}")
        if colour in names_by_colour:
            raise UserError(
                f"`{path}`, line {line}: {name} has the colour of "
                f"{names_by_colour[colour]}, {colour}."
            )
        names_by_colour[colour] = name
        if name.lower() == VOID:
            void.append(colour)
        elif index in classes:
            raise UserError(
                f"`{path}`, line {line}: {name} has the number of "
                f"{classes[index][0]}, {index}."
            )
        else:
            classes[index] = name, colour
    if len(classes) < 2 or set(classes) != set(range(len(classes))):
        raise UserError(
            f"`{path}` must number two or more classes 0, 1, ... without a "
            f"gap, `{VOID}` not counted. Got: {sorted(classes)}."
        )
    names, colours = zip(*(classes[i] for i in sorted(classes)), strict=True)
    return Palette(names, colours, tuple(void))


def _parsed(row, where):
    try:
        index, *colour = (int(row[name]) for name in ("index", *"rgb"))
    except (TypeError, ValueError):
        index, colour = -1, [-1]
    if index < 0 or min(colour) < 0 or max(colour) > 255 or not row["name"]:
        got = ", ".join(str(row[name]) for name in COLUMNS)
        raise UserError(
            f"{where} must be a number, a name and three numbers from 0 to "
            f"255. Got: {got}."
        )
    return index, row["name"].strip(), tuple(colour)


def colour_problem(pixels, palette, *, exact):
    """Why the colours of a label map are not those that are expected.

    Args:
        pixels: (H, W, 3) uint8.
        palette: `Palette`, or None where any colour will do.
        exact: bool; False for JPEGs, which do not keep single values.

    Returns:
        str to put after the name of the file, or None.
    """
    colours, counts = colours_of(pixels)
    grey = bool((colours == colours[:, :1]).all())
    values = colours[:, 0].tolist()
    what = f"is grey and has {in_words(values)}, which may be class numbers"
    if palette is None:
        if not (exact and grey and 0 < values[-1] < _DARK):
            return None
        return (
            f"{what}: as colours they are next to black. Expected one clear "
            "colour for each class"
        )
    far = np.full(len(colours), 255)
    for known in (*palette.colours, *palette.void):
        away = np.abs(colours.astype(np.int32) - known).max(axis=-1)
        far = np.minimum(far, away)
    if grey and exact and counts[far > 0].sum() > 0.1 * counts.sum():
        return f"{what}; expected the colours of {FILE}"
    strange = far > _NEAR
    if counts[strange].sum() <= 0.5 * counts.sum():
        return None
    most = tuple(colours[strange][counts[strange].argmax()].tolist())
    share = 100 * counts[strange].sum() // counts.sum()
    return (
        f"has {share}% of its pixels in colours that {FILE} does not have, "
        f"most of them {most}"
    )
