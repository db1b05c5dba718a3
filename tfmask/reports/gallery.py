"""A static page of pictures: `index.html` and PNG files beside it.

The page needs no server, no script and no network. The folder can be copied, or
opened with a browser from disk. Training adds a section for each sample grid.
Evaluation adds a table of numbers and rows of single images.
"""

import html
import json
from pathlib import Path

import numpy as np

from tfmask.ops.arrays import image_to_uint8, mask_to_uint8
from tfmask.ops.errors import UserError
from tfmask.ops.files import write_json, write_png, write_text

# Files of a page.
SAMPLES = "samples.json"  # sample grids of a training
FILES = ("index.html", "examples.json", SAMPLES, "images")
GAP = 2  # pixels between the images of a grid
# Small images are enlarged by a whole factor up to about this width.
CELL_WIDTH = 256
GRID_CELL_WIDTH = 128


def to_pixels(image):
    """An image or mask as uint8 for a file.

    Args:
        image: (..., C). uint8 does not change. Float with 3 channels is an
            image in [-1, 1]. Float with 1 channel is a mask in [0, 1].

    Returns:
        uint8 array of the same shape.

    Raises:
        ValueError: the number of channels is another one.
    """
    image = np.asarray(image)
    if image.ndim < 3 or image.shape[-1] not in (1, 3):
        raise ValueError(
            f"Images must be (..., H, W, 1 or 3). Got: {image.shape}"
        )
    if image.dtype == np.uint8:
        return image
    return (
        mask_to_uint8(image) if image.shape[-1] == 1 else image_to_uint8(image)
    )


def image_grid(columns):
    """One picture of many: a row for each example, a column for each name.

    Args:
        columns: dict of name to (N, H, W, 1 or 3) arrays of one size, in the
            ranges of `to_pixels`.

    Returns:
        (N * (H + 2) - 2, K * (W + 2) - 2, 3) uint8, white between images.

    Raises:
        ValueError: sizes differ, or there is nothing to show.
    """
    columns = {name: np.asarray(images) for name, images in columns.items()}
    sizes = {name: images.shape[:3] for name, images in columns.items()}
    if len(set(sizes.values())) != 1 or 0 in next(iter(sizes.values())):
        raise ValueError(
            "`columns` must hold at least one name, and images of one count "
            f"and size. Got: {sizes}"
        )
    tiles = []
    for images in columns.values():
        pixels = to_pixels(images)
        pixels = np.broadcast_to(pixels, (*pixels.shape[:3], 3))
        tiles.append(
            np.pad(
                pixels,
                ((0, 0), (0, GAP), (0, GAP), (0, 0)),
                constant_values=255,
            )
        )
    grid = np.concatenate(
        [np.concatenate(list(row), axis=1) for row in zip(*tiles, strict=True)]
    )
    return grid[:-GAP, :-GAP]


class Gallery:
    """Writes a page section by section.

    Sections of `add_samples` are saved in `samples.json`. So a resumed run
    continues the page of its run. All other sections belong only to this
    object.

    Args:
        folder: folder of `index.html`. It is made if it is missing.
        title: str, heading of the page.
        note: str, a line below the heading.

    Raises:
        UserError: `samples.json` exists but cannot be read.

    Examples:
        gallery = Gallery("evaluation", "My run")
        gallery.add_section("a to b", ["input", "mask"], [("7.png", [x, m])])
        gallery.write()
    """

    def __init__(self, folder, title, note=""):
        self.folder = Path(folder)
        self.title = title
        self.note = note
        self._plots = []
        self._sections = []
        self._examples = []
        self._samples = self._read_samples()

    def add_table(self, title, columns, rows):
        """Adds a table: `rows` are lists of str, the first one a heading."""
        head = "".join(f"<th scope=col>{_text(name)}</th>" for name in columns)
        body = "".join(
            f"<tr><th scope=row>{_text(row[0])}</th>"
            + "".join(f"<td>{_text(cell)}</td>" for cell in row[1:])
            + "</tr>\n"
            for row in rows
        )
        self._sections.append(
            f"<section><h2>{_text(title)}</h2>\n<div class=wide><table>"
            f"<thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody>"
            "</table></div></section>"
        )

    def add_section(self, title, columns, rows):
        """Adds rows of single images and writes their files.

        Args:
            title: str, heading of the section.
            columns: list of str, titles of the columns.
            rows: iterable of (caption, images); images is a list with one entry
                for each column: a (H, W, 1 or 3) array in the ranges of
                `to_pixels`, or None if there is nothing.
        """
        section = len(self._sections) + 1
        body, examples = [], []
        for number, (caption, images) in enumerate(rows, start=1):
            cells, files = [], []
            for column, (name, image) in enumerate(
                zip(columns, images, strict=True), start=1
            ):
                file = f"images/{section}_{number:04d}_{column}.png"
                files.append(None if image is None else file)
                cells.append(
                    "<td class=none>none</td>"
                    if image is None
                    else f"<td>{self._image(file, image, name, caption)}</td>"
                )
            body.append(
                f"<tr><th scope=row>{_text(caption)}</th>"
                f"{''.join(cells)}</tr>\n"
            )
            examples.append({"caption": caption, "files": files})
        self._examples.append(
            {"title": title, "columns": list(columns), "rows": examples}
        )
        head = "".join(
            f"<th scope=col>{_text(name)}</th>" for name in ["", *columns]
        )
        self._sections.append(
            f"<section><h2>{_text(title)}</h2>\n<div class=wide>"
            f"<table class=images><thead><tr>{head}</tr></thead>\n"
            f"<tbody>{''.join(body)}</tbody></table></div></section>"
        )

    def add_drawing(self, title, svg):
        """Adds a drawing: `svg` is the text of an SVG element."""
        self._sections.append(_drawing(title, svg))

    def show_plots(self, plots):
        """Puts drawings at the head of the page, in place of earlier ones.

        Args:
            plots: list of (title, text of an SVG element).
        """
        self._plots = [_drawing(title, svg) for title, svg in plots]

    def mask_means(self, step):
        """dict of step to dict of mask's name to mean, up to a step."""
        return {
            sample_step: sample.get("mask_means", {})
            for sample_step, sample in self._samples.items()
            if sample_step <= step
        }

    def add_samples(self, step, images, mask_means=None):
        """Adds the sample grid of a training step; `write` writes the page.

        A call writes one PNG and one small text file, for any number of older
        grids. If the step is already there, it is replaced, because a resumed
        run repeats it.

        Args:
            step: int, training step. The page shows the newest first.
            images: dict of name to (N, H, W, 1 or 3) arrays of one size, in
                the ranges of `to_pixels`, one column each.
            mask_means: dict of a mask's name to its mean in [0, 1].
        """
        grid = image_grid(images)
        count, height, width = tuple(next(iter(images.values())).shape)[:3]
        file = f"images/step_{step:08d}.png"
        write_png(self.folder / file, grid)
        self._samples[int(step)] = {
            "file": file,
            "columns": list(images),
            "rows": int(count),
            "cell": [int(width), int(height)],
            "mask_means": mask_means or {},
        }
        write_json(self.folder / SAMPLES, self._samples)

    def newest_samples(self, step):
        """The newest picture of `add_samples` up to a step.

        A run that continues from a checkpoint may hold later ones.

        Returns:
            str, relative to the folder. None if there is none.
        """
        steps = [number for number in self._samples if number <= step]
        return self._samples[max(steps)]["file"] if steps else None

    def write(self):
        """Writes `index.html`, and what its sections show: `examples.json`.

        Returns:
            Path of the page.
        """
        newest_first = sorted(self._samples.items(), reverse=True)
        sections = [
            *self._plots,
            *self._sections,
            *(_samples_section(step, sample) for step, sample in newest_first),
        ]
        if self._examples:
            write_json(self.folder / "examples.json", self._examples)
        note = f"<p class=note>{_text(self.note)}</p>\n" if self.note else ""
        page = self.folder / "index.html"
        write_text(
            page,
            "<!doctype html>\n<html lang=en>\n<head>\n<meta charset=utf-8>\n"
            "<meta name=viewport content='width=device-width'>\n"
            f"<title>{_text(self.title)}</title>\n<style>{STYLE}</style>\n"
            f"</head>\n<body>\n<h1>{_text(self.title)}</h1>\n{note}"
            + "\n".join(sections)
            + "\n</body>\n</html>\n",
        )
        return page

    def _image(self, file, image, name, caption):
        pixels = to_pixels(image)
        write_png(self.folder / file, pixels)
        height, width = pixels.shape[:2]
        scale = max(1, CELL_WIDTH // width)
        return (
            f"<img src='{file}' alt='{_text(name)} of {_text(caption)}' "
            f"width={width * scale} height={height * scale} loading=lazy>"
        )

    def _read_samples(self):
        path = self.folder / SAMPLES
        if not path.exists():
            return {}
        try:
            samples = json.loads(path.read_text(encoding="utf-8"))
            return {int(step): sample for step, sample in samples.items()}
        except (ValueError, AttributeError) as error:
            raise UserError(
                f"`{path}` is damaged ({error}). Delete it to begin the "
                "gallery anew; its images stay."
            ) from error


def _drawing(title, svg):
    return (
        f"<section><h2>{_text(title)}</h2>\n<div class=wide>{svg}</div>"
        "</section>"
    )


def _samples_section(step, sample):
    columns, (width, height) = sample["columns"], sample["cell"]
    scale = max(1, GRID_CELL_WIDTH // width)
    full_width = len(columns) * (width + GAP) - GAP
    full_height = sample["rows"] * (height + GAP) - GAP
    names = "".join(f"<span>{_text(name)}</span>" for name in columns)
    alt = f"Step {step}: {sample['rows']} examples; {', '.join(columns)}"
    return (
        f"<section id=step{step}><h2>Step {step:,}</h2>\n<div class=wide>"
        f"<div class=grid style='width:{full_width * scale}px'>"
        f"<div class=names aria-hidden=true>{names}</div>"
        f"<img src='{_text(sample['file'])}' alt='{_text(alt)}' "
        f"width={full_width * scale} height={full_height * scale} "
        "loading=lazy></div></div></section>"
    )


def _text(value):
    return html.escape(str(value), quote=True)


STYLE = """
:root { color-scheme: light dark; --line: #8884;
  --soft: light-dark(#666, #a0a0a0); }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto;
  max-width: 1200px; padding: 0 1rem; }
h1 { font-size: 1.6rem; margin-bottom: .2rem; }
h2 { font-size: 1.1rem; margin: 2rem 0 .6rem; }
.note { color: var(--soft); margin-top: 0; white-space: pre-line; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .7rem; text-align: right; }
tr { border-bottom: 1px solid var(--line); }
th[scope=row] { text-align: left; font-weight: 500; }
.images tr { border: 0; }
.images th, .images td { padding: .15rem; text-align: center; }
.images th { font-weight: 400; color: var(--soft); font-size: .85rem; }
.images th[scope=row] { text-align: right; padding-right: .7rem;
  max-width: 11rem; overflow-wrap: anywhere; }
.none { color: var(--soft); }
.names { display: flex; color: var(--soft); font-size: .85rem; }
.names span { flex: 1 1 0; min-width: 0; text-align: center;
  overflow-wrap: anywhere; }
img { display: block; image-rendering: pixelated; border-radius: 2px;
  outline: 1px solid var(--line); }
"""
