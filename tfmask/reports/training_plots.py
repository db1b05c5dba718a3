"""Curves of a training as SVG: losses of metrics.csv, means of masks."""

import csv
import html
import math

WIDTH, HEIGHT = 760, 240
LEFT, TOP, BOTTOM = 52, 10, 24  # around the curves
LEGEND = 190  # on the right
POINTS = 300  # of a curve; longer ones become means of so many pieces
# These are the colours of Okabe and Ito. Colour-blind people can tell them
# apart.
COLOURS = (
    *("#0072b2", "#d55e00", "#009e73", "#cc79a7"),
    *("#e69f00", "#56b4e9", "#8c8c8c", "#b8a800"),
)


def training_plots(metrics, mask_means):
    """The drawings of a run's page.

    Args:
        metrics: path of `metrics.csv`. It may not exist yet.
        mask_means: dict of step to dict of mask's name to mean in [0, 1].

    Returns:
        list of (title, SVG text): one for the losses of each player, and one
        for the masks. Curves with fewer than two points are left out.
    """
    curves = {"masks": {}}
    for name, points in read_losses(metrics).items():
        player, _, term = name.partition("/")
        curves.setdefault(player, {})[term] = points
    for step in sorted(mask_means):
        for name, mean in mask_means[step].items():
            curves["masks"].setdefault(name, []).append((step, mean))
    titles = {"masks": "Means of the masks of the sample images"}
    plots = [
        (titles.get(kind, f"Losses of the {kind}"), line_plot(kind, lines))
        for kind, lines in curves.items()
    ]
    return [(title, svg) for title, svg in plots if svg]


def read_losses(metrics):
    """dict of loss ("player/term") to [(step, value)], finite ones only."""
    if not metrics.exists():
        return {}
    losses = {}
    with open(metrics, newline="") as file:
        for row in csv.DictReader(file):
            for name, text in row.items():
                if name and "/" in name and text:
                    value = float(text)
                    if math.isfinite(value):
                        losses.setdefault(name, []).append(
                            (int(row["step"]), value)
                        )
    return losses


def line_plot(name, curves, unit="step"):
    """A plot of curves over the training step, or over another number.

    Args:
        name: str, the text for a screen reader.
        curves: dict of name to list of (step, value).
        unit: str, what stands before the numbers of the steps.

    Returns:
        str, an SVG element; "" if no curve has two points.
    """
    curves = {
        label: _thinned(points)
        for label, points in curves.items()
        if len(points) > 1
    }
    if not curves:
        return ""
    points = [point for line in curves.values() for point in line]
    first, last = min(points)[0], max(points)[0]
    ticks = nice_ticks(
        min(0.0, *(value for _, value in points)),
        max(value for _, value in points),
    )
    low, high = ticks[0], ticks[-1]
    right, bottom = WIDTH - LEGEND, HEIGHT - BOTTOM

    def x(step):
        return LEFT + (step - first) / (last - first) * (right - LEFT)

    def y(value):
        return bottom - (value - low) / (high - low) * (bottom - TOP)

    parts = [
        f'<line x1="{LEFT}" x2="{right}" y1="{y(tick):.1f}" y2="{y(tick):.1f}"'
        ' stroke="#8884"/>'
        f'<text x="{LEFT - 6}" y="{y(tick) + 4:.1f}" text-anchor="end">'
        f"{tick:g}</text>"
        for tick in ticks
    ]
    for step, anchor in ((first, "start"), (last, "end")):
        parts.append(
            f'<text x="{x(step):.1f}" y="{HEIGHT - 6}" text-anchor="{anchor}">'
            f"{html.escape(unit)} {step:,}</text>"
        )
    for place, (label, line) in enumerate(curves.items()):
        colour = COLOURS[place % len(COLOURS)]
        # If there are more curves than colours, dashes tell them apart.
        dashes = "" if place < len(COLOURS) else ' stroke-dasharray="5 3"'
        text = html.escape(label)
        drawn = " ".join(
            f"{x(step):.1f},{y(value):.1f}" for step, value in line
        )
        height = TOP + 10 + 16 * place
        parts.append(
            f'<polyline points="{drawn}" fill="none" stroke="{colour}" '
            f'stroke-width="1.5"{dashes}><title>{text}</title></polyline>'
            f'<line x1="{right + 12}" x2="{right + 32}" y1="{height - 4}" '
            f'y2="{height - 4}" stroke="{colour}" stroke-width="2.5"{dashes}/>'
            f'<text x="{right + 38}" y="{height}">{text} '
            f"{line[-1][1]:.3g}</text>"
        )
    height = max(HEIGHT, TOP + 16 * len(curves) + 6)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{WIDTH}" '
        f'height="{height}" font-family="sans-serif" font-size="12" '
        f'fill="currentColor"><title>{html.escape(name)}</title>'
        f"{''.join(parts)}</svg>"
    )


def _thinned(points):
    """The points, or means of `POINTS` pieces of as many points each."""
    size = math.ceil(len(points) / POINTS)
    if size == 1:
        return points
    pieces = [
        points[start : start + size] for start in range(0, len(points), size)
    ]
    return [
        (piece[-1][0], sum(value for _, value in piece) / len(piece))
        for piece in pieces
    ]


def nice_ticks(low, high, count=4):
    """Round numbers from at most `low` to at least `high`.

    Args:
        low: float.
        high: float.
        count: int, about how many steps between them.
    """
    span = (high - low) or abs(high) or 1.0
    size = 10.0 ** math.floor(math.log10(span / count))
    size *= next(m for m in (1, 2, 5, 10) if m * size * count >= span)
    start = math.floor(low / size)
    stop = max(math.ceil(high / size - 1e-9), start + 1)
    return [round(place * size, 12) for place in range(start, stop + 1)]
