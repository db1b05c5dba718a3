"""Puts input, mask and result of images side by side, for these pages.

Made for the folders that `tfmask translate`, `tfmask query` and `make demo`
leave. The first images of each folder are taken, so that nobody chooses:

    python docs/pictures/sheet.py demo.png --rows 3
        --pair demo/images/testA demo/answers/a_to_b
"""

import argparse
from pathlib import Path

from PIL import Image, ImageDraw

COLUMNS = ("input", "mask", "result")
GAP = 4
HEAD = 16  # pixels above the rows, for the columns' names


def strip(inputs, answers, rows, side):
    """One folder's images.

    Args:
        inputs: folder of PNG images.
        answers: folder of their translations; masks are in `masks` in it.
        rows: int, how many images, the first ones by name.
        side: int, pixels that the longer side of an image gets.

    Returns:
        RGB image, a row for each input and a column for each of `COLUMNS`.

    Raises:
        FileNotFoundError: if an input has no translation or no mask.
    """
    paths = sorted(inputs.glob("*.png"))[:rows]
    cell = side + GAP
    page = Image.new(
        "RGB",
        (cell * len(COLUMNS) - GAP, HEAD + cell * len(paths) - GAP),
        "white",
    )
    pen = ImageDraw.Draw(page)
    for column, name in enumerate(COLUMNS):
        pen.text(
            (column * cell + side / 2, HEAD / 2), name, "black", anchor="mm"
        )
    for row, path in enumerate(paths):
        mask = answers / "masks" / f"{path.stem}_mask.png"
        for column, file in enumerate((path, mask, answers / path.name)):
            image = Image.open(file).convert("RGB")
            scale = side / max(image.size)
            size = [round(edge * scale) for edge in image.size]
            # Pixels stay pixels: a smooth enlargement would hide what a
            # network draws.
            image = image.resize(size, Image.Resampling.NEAREST)
            page.paste(image, (column * cell, HEAD + row * cell))
    return page


def beside(strips):
    """Strips from left to right, with a gap of four times `GAP`."""
    width = sum(each.width for each in strips) + 4 * GAP * (len(strips) - 1)
    page = Image.new("RGB", (width, max(s.height for s in strips)), "white")
    left = 0
    for each in strips:
        page.paste(each, (left, 0))
        left += each.width + 4 * GAP
    return page


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("output", type=Path, help="PNG file to write")
    parser.add_argument(
        "--pair",
        nargs=2,
        type=Path,
        action="append",
        required=True,
        metavar=("INPUTS", "ANSWERS"),
        help="a folder of images and one of their translations",
    )
    parser.add_argument("--rows", type=int, default=3)
    parser.add_argument("--side", type=int, default=128)
    options = parser.parse_args()
    page = beside(
        [
            strip(inputs, answers, options.rows, options.side)
            for inputs, answers in options.pair
        ]
    )
    page.save(options.output, optimize=True)


if __name__ == "__main__":
    main()
