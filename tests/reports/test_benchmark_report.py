"""The report of a benchmark: its tables, bars and pictures."""

import json
import statistics
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from benchmark_jobs import jobs, options, write_numbers
from PIL import Image

from tfmask.evaluation.benchmark import Ledger
from tfmask.reports.benchmark_report import (
    bars,
    side_by_side,
    summarize,
    write_report,
)
from tfmask.reports.gallery import Gallery


def test_means_and_deviations(tmp_path):
    todo = jobs(tmp_path, ["cyclegan"], seeds=3)
    for job, value in zip(todo, (0.1, 0.4, 0.7), strict=True):
        write_numbers(job.numbers, value)
    results = [json.loads(job.numbers.read_text()) for job in todo]
    table = summarize({"cyclegan": results})["a_to_b"]
    assert list(table) == ["cyclegan", "identity"]
    mean, spread = table["cyclegan"]["mask_iou"]
    assert mean == pytest.approx(0.4)
    assert spread == pytest.approx(statistics.stdev((0.1, 0.4, 0.7)))
    assert table["cyclegan"]["background_psnr"] == [np.inf, None]
    write_report(
        options(tmp_path, seeds=3), todo, Ledger(tmp_path / "times.json"), {}
    )
    assert (
        "| cyclegan | 0.400 ± 0.300 | inf |"
        in (tmp_path / "results.md").read_text()
    )
    saved = json.loads((tmp_path / "results.json").read_text())
    assert saved["tables"]["a_to_b"]["identity"]["mask_iou"] == [0.0, None]


def test_a_row_of_fewer_seeds_says_so(tmp_path):
    todo = jobs(tmp_path, ["cyclegan", "instagan"], seeds=2)
    missing = "instagan-seed1"
    for job in todo:
        if job.name != missing:
            write_numbers(job.numbers)
    failed = {missing: "tfmask train ended with code 1"}
    ledger = Ledger(tmp_path / "times.json")
    write_report(options(tmp_path, seeds=2), todo, ledger, failed)
    table = (tmp_path / "results.md").read_text()
    assert "| cyclegan | 0.500 ± 0.000 |" in table
    assert "| instagan (1 of 2 seeds) | 0.500 |" in table
    assert "Missing: instagan-seed1, tfmask train ended with code 1." in table


def test_floors_and_ceiling_come_last_and_once():
    rows = {
        "model": {"class_iou": 0.1},
        "true_partner": {"class_iou": 0.4},
        "identity": {"class_iou": 0.0},
    }
    unknown = {**rows, "true_partner": None}
    results = {
        arm: [{"directions": {"b_to_a": rows}}]
        for arm, rows in (("gan", unknown), ("cgan", rows), ("pix2pix", rows))
    }
    table = summarize(results)["b_to_a"]
    assert list(table) == ["gan", "cgan", "pix2pix", "identity", "true_partner"]
    assert table["true_partner"]["class_iou"] == [0.4, None]


def test_a_number_that_one_seed_lacks_is_no_mean_of_the_others():
    rows = [{"model": {"x": value}} for value in (1.0, None)]
    results = {"a": [{"directions": {"d": row}} for row in rows]}
    assert summarize(results)["d"]["a"]["x"] == [None, None]


def test_bars_are_as_long_as_their_numbers():
    table = {
        name: {"mask_iou": [value, None]}
        for name, value in (("one", 0.2), ("two", 0.4), ("three", np.inf))
    }
    drawing = ElementTree.fromstring(bars("mask_iou", table))
    rects = drawing.findall("{http://www.w3.org/2000/svg}rect")
    widths = [float(rect.get("width")) for rect in rects]
    assert len(widths) == 2
    assert widths[1] == pytest.approx(2 * widths[0])
    assert bars("cam_iou", table) == ""


def test_pictures_stand_side_by_side(tmp_path):
    todo = jobs(tmp_path, ["cyclegan", "gan"])
    shades = {"cyclegan": 10, "gan": 20}
    for job in todo:
        page = Gallery(job.gallery, "page")
        shade = shades[job.arm.name]
        images = [np.full((2, 2, 3), c, np.uint8) for c in (1, shade, 2)]
        page.add_section(
            "a to b", ["input", "translation", "true mask"], [("7", images)]
        )
        page.write()
    ((title, columns, rows),) = side_by_side(todo)
    assert title == "a to b"
    assert columns == [
        "input",
        "cyclegan: translation",
        "gan: translation",
        "true mask",
    ]
    ((caption, images),) = rows
    assert caption == "7"
    assert [int(image.max()) for image in images] == [1, 10, 20, 2]
    write_report(options(tmp_path), todo, Ledger(tmp_path / "times.json"), {})
    shown = sorted((tmp_path / "images").iterdir())
    assert [np.asarray(Image.open(file)).max() for file in shown] == [
        *(1, 10, 20, 2)
    ]
