"""The page: complete, self-contained, cheap to append to, resumable."""

import html.parser

import numpy as np
import pytest
from PIL import Image

from tfmask.ops.errors import UserError
from tfmask.reports.gallery import Gallery, image_grid, to_pixels


class Page(html.parser.HTMLParser):
    """Tags of a page; fails on tags that are closed in the wrong order."""

    EMPTY = {"meta", "img", "!doctype"}

    def __init__(self, path):
        super().__init__()
        self.open, self.images, self.text = [], [], []
        self.tags = set()
        self.feed(path.read_text(encoding="utf-8"))
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        if tag == "img":
            self.images.append(dict(attrs))
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if data.strip() and "style" not in self.open:
            self.text.append(data)


def images(count=2, side=8, channels=3, level=0.0):
    return np.full((count, side, side, channels), level, np.float32)


def test_ranges_of_images_and_masks():
    assert (to_pixels(images(level=-1.0)) == 0).all()
    assert (to_pixels(images(level=1.0)) == 255).all()
    assert (to_pixels(images(channels=1, level=0.0)) == 0).all()
    assert (to_pixels(images(channels=1, level=1.0)) == 255).all()
    raw = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    assert to_pixels(raw) is raw
    with pytest.raises(ValueError, match="1 or 3"):
        to_pixels(images(channels=4))


def test_grid_has_a_row_an_example_and_a_column_a_name():
    first = np.stack([images(1, level=-1.0)[0], images(1, level=1.0)[0]])
    grid = image_grid({"x": first, "m": images(channels=1, level=1.0)})
    assert grid.shape == (18, 18, 3) and grid.dtype == np.uint8
    assert (grid[:8, :8] == 0).all()  # the first example's image
    assert (grid[10:, :8] == 255).all()  # the second one's
    assert (grid[:, 10:] == 255).all()  # masks
    assert (grid[8:10] == 255).all()  # the gap


@pytest.mark.parametrize(
    "columns",
    [{}, {"x": images(0)}, {"x": images(2), "y": images(3)}],
)
def test_grid_refuses_what_does_not_fit(columns):
    with pytest.raises(ValueError, match="`columns` must hold"):
        image_grid(columns)


def test_a_page_of_single_images(tmp_path):
    gallery = Gallery(tmp_path / "page", "A & <b>", "a note")
    gallery.add_table("Numbers", ["", "this run"], [["mask iou", "0.75"]])
    rows = [
        ("'7'.png", [images()[0], images(channels=1)[0]]),
        ("8.png", [images()[0], None]),
    ]
    gallery.add_section("a to b", ["input", "true mask"], rows)
    page = Page(gallery.write())
    assert "A & <b>" in page.text and "a note" in page.text
    assert "0.75" in page.text and "none" in page.text
    assert len(page.images) == 3
    for image in page.images:
        assert (tmp_path / "page" / image["src"]).is_file()
        assert image["alt"] and "://" not in image["src"]
        # 8 px wide: shown 32 times as large, by a whole factor.
        assert image["width"] == image["height"] == "256"
    assert page.images[0]["alt"] == "input of '7'.png"
    assert not page.tags & {"script", "link", "iframe"}


def test_samples_are_newest_first_and_survive_a_restart(tmp_path):
    gallery = Gallery(tmp_path, "run")
    pair = {"real_a": images(), "mask_a": images(channels=1)}
    gallery.add_samples(200, pair, {"mask_a": 0.25})
    gallery.add_samples(1000, {"real_a": images(level=1.0)})

    resumed = Gallery(tmp_path, "run")
    assert resumed.newest_samples(199) is None
    assert resumed.newest_samples(999) == "images/step_00000200.png"
    resumed.add_samples(1200, {"real_a": images()})
    assert resumed.newest_samples(1200) == "images/step_00001200.png"
    assert resumed.mask_means(1000) == {200: {"mask_a": 0.25}, 1000: {}}
    assert resumed.mask_means(100) == {}
    resumed.write()
    page = Page(tmp_path / "index.html")
    steps = [text for text in page.text if text.startswith("Step")]
    assert steps == ["Step 1,200", "Step 1,000", "Step 200"]
    assert [image["src"] for image in page.images] == [
        "images/step_00001200.png",
        "images/step_00001000.png",
        "images/step_00000200.png",
    ]
    assert page.images[2]["alt"] == "Step 200: 2 examples; real_a, mask_a"
    with Image.open(tmp_path / page.images[2]["src"]) as picture:
        assert picture.size == (18, 18)


def test_a_repeated_step_replaces_its_samples(tmp_path):
    for level in (-1.0, 1.0):
        gallery = Gallery(tmp_path, "run")
        gallery.add_samples(5, {"x": images(level=level)})
        gallery.write()
    page = Page(tmp_path / "index.html")
    assert len(page.images) == 1
    picture = np.asarray(Image.open(tmp_path / page.images[0]["src"]))
    assert (picture == 255).all()


def test_adding_samples_leaves_older_pictures_alone(tmp_path):
    gallery = Gallery(tmp_path, "run")
    gallery.add_samples(1, {"x": images()})
    old = tmp_path / "images" / "step_00000001.png"
    before = old.stat().st_mtime_ns
    gallery.add_samples(2, {"x": images()})
    gallery.write()
    assert old.stat().st_mtime_ns == before
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "images",
        "index.html",
        "samples.json",
    ]


def test_damaged_samples_are_named(tmp_path):
    (tmp_path / "samples.json").write_text("{")
    with pytest.raises(UserError, match="samples.json.*is damaged"):
        Gallery(tmp_path, "run")


def test_plots_are_replaced_and_come_first(tmp_path):
    gallery = Gallery(tmp_path, "run")
    gallery.add_samples(5, {"x": images()})
    for value in ("old", "new"):
        gallery.show_plots([("Losses", f"<svg><text>{value}</text></svg>")])
    page = Page(gallery.write())
    assert page.text[-4:] == ["Losses", "new", "Step 5", "x"]
