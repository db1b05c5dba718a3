"""Curves on a run's page: where they are, what they leave out."""

import re
from xml.etree import ElementTree

import pytest

from tfmask.reports.training_plots import (
    line_plot,
    nice_ticks,
    read_losses,
    training_plots,
)

SVG = "{http://www.w3.org/2000/svg}"


def lines_of(svg):
    """Name to [(x, y)] of each curve."""
    root = ElementTree.fromstring(svg)
    return {
        line.find(f"{SVG}title").text: [
            tuple(map(float, point.split(",")))
            for point in line.get("points").split()
        ]
        for line in root.iter(f"{SVG}polyline")
    }


@pytest.mark.parametrize(
    "low, high, ticks",
    [
        (0.0, 1.0, [0, 0.5, 1]),
        (0.0, 0.9, [0, 0.5, 1]),
        (0.0, 3.1, [0, 1, 2, 3, 4]),
        (-2.0, 37.0, [-10, 0, 10, 20, 30, 40]),
        (0.0, 0.0, [0, 0.5]),
        (5.0, 5.0, [4, 6]),
    ],
)
def test_ticks_are_round_and_hold_the_values(low, high, ticks):
    own_ticks = nice_ticks(low, high)
    assert own_ticks == pytest.approx(ticks)
    assert own_ticks[0] <= low and own_ticks[-1] >= high


def test_a_curve_goes_where_its_values_are():
    lines = lines_of(
        line_plot("x", {"a": [(0, 0.0), (50, 1.0), (100, 2.0)], "b": [(0, 9)]})
    )
    assert list(lines) == ["a"]  # one point is no curve
    (x0, y0), (x1, y1), (x2, y2) = lines["a"]
    assert x1 - x0 == pytest.approx(x2 - x1, abs=0.2)
    assert y0 - y1 == pytest.approx(y1 - y2, abs=0.2)
    assert y0 > y2  # larger values are higher up


def test_a_long_curve_has_few_points_and_keeps_its_mean():
    points = [(step, float(step % 2)) for step in range(10_000)]
    (line,) = lines_of(line_plot("x", {"a": points})).values()
    assert len(line) <= 300
    low, high = (
        lines_of(line_plot("x", {"a": [(0, value), (1, value), (2, 1.0)]}))["a"]
        for value in (0.0, 1.0)
    )
    heights = {round(y, 1) for _, y in line}
    assert len(heights) <= 2
    assert high[0][1] < max(heights) < low[0][1]


def test_plots_of_a_run(tmp_path):
    metrics = tmp_path / "metrics.csv"
    assert training_plots(metrics, {}) == []
    metrics.write_text(
        "step,epoch,generator/cycle_a,discriminator/a,generator/late\n"
        "10,0.1,3.0,0.5,\n20,0.2,2.0,nan,7.0\n30,0.3,1.0,0.25,8.0\n"
    )
    assert read_losses(metrics)["discriminator/a"] == [(10, 0.5), (30, 0.25)]
    means = {0: {"mask_b": 0.5}, 30: {"mask_b": 0.2, "mask_a<": 0.1}}
    plots = dict(training_plots(metrics, means))
    assert list(plots) == [
        "Means of the masks of the sample images",
        "Losses of the generator",
        "Losses of the discriminator",
    ]
    assert list(lines_of(plots["Losses of the generator"])) == [
        "cycle_a",
        "late",
    ]
    masks = next(iter(plots.values()))
    assert list(lines_of(masks)) == ["mask_b"]
    assert re.search(r"mask_b 0\.2<", masks)


def test_names_are_escaped():
    svg = line_plot("a<b", {"x&y": [(0, 1.0), (1, 2.0)]})
    assert list(lines_of(svg)) == ["x&y"]
