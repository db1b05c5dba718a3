"""`tfmask app` as a person uses it, in headless Chromium.

    make test-app

Needs the extra `app` and Chromium (Debian: `apt-get install chromium`).
"""

import contextlib
import csv
import io
import signal
import time

import numpy as np
import pytest
from browser import CHROMIUM, chromium
from extras import needs_gradio
from PIL import Image
from processes import start_tfmask, tfmask
from serving_toys import write_toy_translator

from data_pipelines.folders import list_examples
from data_pipelines.marking import save_mask
from serving.conformance.processes import running_server

pytestmark = [
    needs_gradio,
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium"),
]
SIDE = 48
SHIFT = 80
EDITOR = "#mask_editor canvas + canvas"
IDLE = (
    "[...document.querySelectorAll('[data-testid=status-tracker]')]"
    ".every((shown) => shown.classList.contains('hide'))"
)
# Which picture --mark shows, and the number of what can be painted on.
AT = "document.querySelector('#where')?.innerText.includes('{}')"
SHOWN = f"document.querySelector('{EDITOR}')?.dataset.shown"
BUSY = "document.body.innerText.slice(0, 2000)"
# What the person did shows within seconds; a busy machine takes longer.
QUIET = 1.5


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    """host:port of a server whose model takes a mask from a to b alone."""
    base = tmp_path_factory.mktemp("base")
    write_toy_translator(base, "toy", 1, shift=SHIFT)
    with running_server("--base", base) as (target, _):
        yield target


@contextlib.contextmanager
def running_page(*options):
    """The address of a page of `tfmask app`, which ends with exit code 0."""
    process = start_tfmask("app", "--port", "0", *options)
    try:
        line = process.stdout.readline()
        while line and "http://" not in line:
            line = process.stdout.readline()
        assert line, process.stderr.read()
        yield line.split()[1]
    finally:
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert "Traceback" not in err, err


def grey(path, value=60):
    """A picture that the toy model finds nothing in."""
    Image.new("RGB", (SIDE, SIDE), (value, value, value)).save(path)
    return path


def settle(page):
    """Waits until nothing is under way any more."""
    page.wait_until(f"!!document.querySelector('{EDITOR}')")
    quiet = None
    end = time.monotonic() + 180
    while quiet is None or time.monotonic() - quiet < QUIET:
        assert time.monotonic() < end, page.value(BUSY)
        if not page.value(IDLE):
            quiet = None
        elif quiet is None:
            quiet = time.monotonic()
        time.sleep(0.2)


def stroke(page, row, columns):
    """Paints a straight line; places are shares of a square picture."""
    left, top, width, height = page.box(EDITOR)
    page.drag(
        [
            (left + width * column, top + height * row)
            for column in np.linspace(*columns, 15)
        ]
    )


def press(page, button, *, until):
    """Clicks a button and waits for what comes of it."""
    page.click(button)
    page.wait_until(until)
    settle(page)


def download(page, part, folder, name):
    """The pixels of the file that the person gets of a result."""
    page.click(f"{part} a[data-testid=download-link]")
    while page.wait_for("Browser.downloadProgress")["state"] != "completed":
        pass
    return np.asarray(Image.open(folder / name)).astype(int)


@contextlib.contextmanager
def browsing(address, folder):
    """A page of the browser at an address. It may load from nowhere else."""
    with chromium(folder) as page:
        page.call(
            "Emulation.setDeviceMetricsOverride",
            width=1100,
            height=760,
            deviceScaleFactor=1,
            mobile=False,
        )
        page.go(address)
        yield page
        elsewhere = [
            url
            for url in page.asked_for()
            if not url.startswith((address, "data:", "blob:"))
        ]
        assert not elsewhere


def new_image(page):
    """An expression that is true when another translation is shown."""
    shown = "(document.querySelector('#image img') || {}).src"
    return f"{shown} && {shown} !== {page.value(f'{shown} || 0')!r}"


@pytest.mark.parametrize("direction", ["a_to_b", "b_to_a"])
def test_the_change_follows_the_brush(toy, tmp_path, direction):
    """From a to b the model takes the mask. Back, the page uses the mask."""
    # Back, the model changes everything bright. So the mask has an effect.
    value = 60 if direction == "a_to_b" else 200
    (tmp_path / "pictures").mkdir()
    picture = grey(tmp_path / "pictures" / "grey.png", value)
    with (
        running_page("--target", toy, "--model", "toy") as address,
        browsing(address, tmp_path) as page,
    ):
        choice = f"#direction input[value={direction}]"
        page.wait_until(f"!!document.querySelector('{choice}')")
        page.click(choice)
        page.choose_file("#picture input[type=file]", picture)
        settle(page)
        if value == 60:  # else the model's mask would be everywhere
            press(page, "#find", until=new_image(page))
            grey_mask = download(page, "#mask", tmp_path, "grey_mask.png")
            assert not grey_mask.any()
        stroke(page, 0.25, (0.3, 0.7))
        stroke(page, 0.8, (0.3, 0.7))
        page.click("#mask_editor [data-undo]")
        press(page, "#own", until=new_image(page))
        translated = download(page, "#image", tmp_path, "grey.png")
        mask = download(page, "#mask", tmp_path, "grey_mask.png")
    changed = (translated != value).any(axis=-1)
    # The line, and nothing beside its width.
    assert changed[SIDE // 4, 15:33].all()
    assert not changed[SIDE // 2 :].any() and not changed[:, :8].any()
    # Of the toy all from 128 on is object; the page blends by shades.
    share = mask > 127 if direction == "a_to_b" else mask / 255
    shift = SHIFT if direction == "a_to_b" else -SHIFT
    expected = value + np.rint(share * shift)
    assert np.abs(translated - expected[..., None]).max() <= 1


def test_twenty_masks_are_painted_one_after_the_other(toy, tmp_path):
    """Paint, be asked before a mask is replaced, go on, skip."""
    photos = tmp_path / "photos"
    for domain in "AB":
        (photos / f"train{domain}").mkdir(parents=True)
        for number in range(3):
            # Its right half is what the model finds.
            image = grey(photos / f"train{domain}" / f"{number}.png", 60)
            pixels = np.asarray(Image.open(image)).copy()
            pixels[:, SIDE // 2 :] = 150 + 20 * number
            Image.fromarray(pixels).save(image)
    table = tmp_path / "mark.csv"
    tfmask("prepare", "masks", "--data", photos, "--out", table)
    rows = list(csv.DictReader(io.StringIO(table.read_text())))
    first, second = (row["file"] for row in rows[:2])
    folder = photos / "trainA_mask"
    masks = {
        name: folder / f"{name[len('trainA/') : -len('.png')]}.png"
        for name in (first, second)
    }

    def at(name, done):
        return AT.format(f"{name} · {done} of 6 have a mask")

    with (
        running_page(
            "--mark", photos, "--list", table, "--target", toy, "--model", "toy"
        ) as address,
        browsing(address, tmp_path) as page,
    ):
        page.wait_until(at(first, 0))
        settle(page)
        stroke(page, 0.25, (0.1, 0.4))
        assert not folder.exists()
        # Meanwhile somebody else saves one.
        old = save_mask(photos, first, np.zeros((SIDE, SIDE), np.uint8))
        page.click("#save")
        page.wait_until("!!document.querySelector('#replace')?.offsetParent")
        assert not np.asarray(Image.open(old)).any()
        page.click("#replace")
        page.wait_until(at(second, 1))
        painted = np.asarray(Image.open(masks[first]))
        # As after a break: it goes on where there is no mask.
        page.go(address)
        page.wait_until(at(second, 1))
        settle(page)
        page.click("#skip")
        page.wait_until(at(rows[2]["file"], 1))
        assert not masks[second].exists()
    assert painted.shape == (SIDE, SIDE)
    assert set(np.unique(painted)) == {0, 255}
    assert (painted[:, SIDE // 2 :] == 255).all()  # the model's
    assert (painted[SIDE // 4, 6:18] == 255).all()  # the person's
    assert not painted[SIDE // 2 :, : SIDE // 2].any()
    (example,) = (
        listed
        for listed in list_examples(photos, "train", "a", some_masks=True)
        if listed.region
    )
    assert example.region.path == str(masks[first]) and not example.problem


def test_fifty_pictures_in_a_row_are_painted(tmp_path):
    """Each picture comes up and takes paint: no editor stands still."""
    photos, count = tmp_path / "photos", 50
    for domain in "AB":
        (photos / f"train{domain}").mkdir(parents=True)
    rng = np.random.default_rng(0)
    for number in range(count):
        pixels = rng.integers(0, 256, (256, 256, 3), np.uint8)
        folder = photos / f"train{'AB'[number % 2]}"
        Image.fromarray(pixels).save(folder / f"{number:02}.png")
    with (
        running_page("--mark", photos, "--count", str(count)) as address,
        browsing(address, tmp_path) as page,
    ):
        before = "0"
        for number in range(count):
            row = 0.1 + 0.8 * number / count
            page.wait_until(AT.format(f"{number} of {count} have a mask"))
            page.wait_until(f"({SHOWN} || {before!r}) !== {before!r}")
            before = page.value(SHOWN)
            stroke(page, row, (0.2, 0.6))
            page.click("#save")
        page.wait_until(AT.format(f"{count} of {count} have a mask"))
    files = sorted(photos.glob("train?_mask/*.png"))
    assert len(files) == count
    rows = []
    for file in files:
        painted = np.asarray(Image.open(file))
        # One line each, and no paint of another picture.
        lines = np.flatnonzero((painted > 0).any(axis=1))
        assert 0 < len(lines) == np.ptp(lines) + 1 < 30
        assert painted[lines[len(lines) // 2], 60:140].all()
        rows.append(lines.mean())
    assert len(set(rows)) == count
