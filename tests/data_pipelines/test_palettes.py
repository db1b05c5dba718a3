"""classes.csv: what is read, and what is wrong with it."""

import numpy as np
import pytest
from PIL import Image

from data_pipelines import open_data, paired_scenes
from data_pipelines.palettes import (
    FILE,
    Palette,
    colour_problem,
    find_palette,
)
from tfmask.ops.errors import UserError

HEADER = "index,name,r,g,b\n"
GOOD = "1,tree,0,99,0\n0,sky,9,9,255\n11,void,0,0,0\n12,Void,1,1,1\n"
PALETTE = Palette(
    ("sky", "tree"), ((9, 9, 255), (0, 99, 0)), ((0, 0, 0), (1, 1, 1))
)


def write(root, text):
    (root / FILE).write_text(text)
    return root


def test_classes_are_in_the_order_of_their_numbers(tmp_path):
    assert find_palette(tmp_path) is None
    assert find_palette(write(tmp_path, HEADER + GOOD)) == PALETTE
    # Other columns, another order, a byte order mark and spaces.
    text = "\ufeffname, b, g, r, index, note\ntree,0,99,0, 1,x\n"
    text += "sky,255,9,9,0,\nvoid,0,0,0,11,\nvoid,1,1,1,11,\n"
    (tmp_path / FILE).write_text(text, encoding="utf-8")
    assert find_palette(tmp_path) == PALETTE


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "must have the columns index, name, r, g, b. Got: ."),
        ("name,r,g,b\nsky,0,0,0\n", "index, name, r, g, b. Got: name, r, g, b"),
        (HEADER + "0,sky,0,0\n", "line 2 must be .* Got: 0, sky, 0, 0, None"),
        (HEADER + "0,sky,0,0,1,2\n", "line 2 has 6 cells, .* has 5"),
        (HEADER + '0,"sky,0,0,1\n', "Line 2 of .* is no row of a table"),
        ("index\tname\tr\tg\tb\n", "Commas separate them"),
        (HEADER + "0,sky,0,0,256\n", "from 0 to 255. Got: 0, sky, 0, 0, 256"),
        (HEADER + "0,sky,0,0,x\n", "three numbers"),
        (HEADER + "-1,sky,0,0,1\n", "must be a number, a name"),
        (HEADER + "0,,0,0,1\n", "must be a number, a name"),
        (HEADER + "0,sky,0,0,1\n1,sea,0,0,1\n", "line 3: sea has the colour"),
        (HEADER + "0,sky,0,0,1\n0,sea,0,0,2\n", "sea has the number of sky, 0"),
        (HEADER + "0,sky,0,0,1\n2,sea,0,0,2\n", r"gap.* Got: \[0, 2\]"),
        (HEADER + "0,sky,0,0,1\n1,void,0,0,0\n", r"two or more .*: \[0\]"),
    ],
)
def test_what_is_no_palette(tmp_path, text, message):
    with pytest.raises(UserError, match=message):
        find_palette(write(tmp_path, text))


def test_no_text_at_all(tmp_path):
    (tmp_path / FILE).write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match="not a text file"):
        find_palette(tmp_path)


def test_it_belongs_to_the_domains_of_label_maps(tmp_path):
    for name in "AB":
        folder = tmp_path / "train" / name
        folder.mkdir(parents=True)
        Image.fromarray(np.zeros((16, 16, 3), np.uint8)).save(folder / "0.png")

    def palettes(*label_domains):
        data = open_data(
            tmp_path, 16, splits=("train",), label_domains=label_domains
        )
        return data.palettes

    assert palettes("b") == {}
    write(tmp_path, HEADER + GOOD)
    assert palettes("b") == {"b": PALETTE}
    write(tmp_path, "not a palette")
    assert palettes() == {}  # nobody has asked for it
    with pytest.raises(UserError, match="must have the columns"):
        palettes("a")


def test_synthetic_pairs_have_theirs():
    data = open_data("synthetic:paired", 16, synthetic_count=(1, 1))
    assert data.palettes == {"b": paired_scenes.PALETTE}


ROADS = Palette(
    ("sky", "road", "car"),
    ((0, 0, 0), (128, 64, 128), (0, 0, 142)),
    ((255, 255, 255),),
)
NUMBERS = (np.arange(100) % 3).reshape(10, 10)
COLOURED = np.array(ROADS.colours, np.uint8)[NUMBERS]
NUMBERED = np.repeat(NUMBERS[..., None], 3, axis=-1).astype(np.uint8)


@pytest.mark.parametrize(
    ("pixels", "palette", "exact", "problem"),
    [
        (COLOURED, ROADS, True, None),
        (COLOURED, None, True, None),
        (COLOURED // 8 * 8 + 4, ROADS, False, None),
        (NUMBERED, ROADS, True, "the values 0, 1 and 2, which may be class"),
        (NUMBERED, None, True, "as colours they are next to black"),
        (NUMBERED * 100, None, True, None),
        (255 - COLOURED // 2, ROADS, True, "colours that classes.csv does"),
        (255 - COLOURED // 2, ROADS, False, "colours that classes.csv does"),
        (NUMBERED * 0, None, True, None),
        (NUMBERED * 0, ROADS, True, None),
    ],
)
def test_class_numbers_are_no_colours(pixels, palette, exact, problem):
    answer = colour_problem(pixels, palette, exact=exact)
    assert answer is None if problem is None else problem in answer
