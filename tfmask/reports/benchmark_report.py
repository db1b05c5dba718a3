"""The report of a benchmark: numbers, a table, bars, pictures."""

import json

import numpy as np

from tfmask.evaluation.benchmark_features import DISTANCES, add_distances
from tfmask.evaluation.tables import ROWS
from tfmask.ops.errors import UserError
from tfmask.ops.files import write_json, write_text
from tfmask.reports.gallery import Gallery

# Columns of the table, if the data have them. results.json has all numbers.
COLUMNS = (
    *DISTANCES,
    "mask_iou",
    "mask_iou_own",
    "mask_iou_best",
    "mask_mean",
    "background_l1",
    "foreground_l1",
    "background_psnr",
    "target_l1",
    "target_psnr",
    "target_ssim",
    "pixel_accuracy",
    "class_accuracy",
    "class_iou",
    "attribute_accuracy",
    "kept_accuracy",
    "outside_l1",
    "inside_l1",
    "cam_iou",
    "context_l1",
    "target_share",
    "instances_kept",
    "classified_as_target",
    "changed_share",
    "change_l1",
)
# These rows do not depend on a run: the lower bounds and the upper bound.
BOUNDS = ("identity", "mean_mask", "true_partner")
# The columns of examples that all arms share begin like this.
INPUT, TRUTH = "input", "true"


def read_results(jobs):
    """The evaluations that are there.

    Args:
        jobs: list of `Job`.

    Returns:
        dict of arm names to lists of evaluations, in the order of the seeds.

    Raises:
        UserError: a file is damaged.
    """
    results_by_arm = {}
    for job in jobs:
        results_by_arm.setdefault(job.arm.name, [])
        if not job.numbers.exists():
            continue
        try:
            result = json.loads(job.numbers.read_text(encoding="utf-8"))
            add_distances(job, result)
        except (ValueError, KeyError, AttributeError) as error:
            raise UserError(
                f"`{job.numbers}` is damaged ({error!r}). Delete it and give "
                "the same command again."
            ) from error
        results_by_arm[job.arm.name].append({"seed": job.seed, **result})
    return results_by_arm


def statistics(rows):
    """Mean and standard deviation of every number over seeds.

    Args:
        rows: list of dicts of numbers, one dict for each seed. A value is None,
            a number, or the text of an infinity.

    Returns:
        dict of numbers to [mean, deviation]. The deviation is that of a sample,
        divided by n - 1. It is None for one seed. A number that is missing
        somewhere is [None, None].
    """
    result = {}
    for name in rows[0]:
        values = [row.get(name) for row in rows]
        if any(value is None for value in values):
            result[name] = [None, None]
            continue
        values = np.array(values, float)
        same = len(values) > 1 and np.isfinite(values).all()
        spread = float(values.std(ddof=1)) if same else None
        result[name] = [float(values.mean()), spread]
    return result


def summarize(results_by_arm):
    """Rows of the tables.

    Args:
        results_by_arm: dict of `read_results`.

    Returns:
        dict of directions to dicts of row names to `statistics`. There is each
        arm, with the number of its `seeds`, and `BOUNDS`, once.
    """
    tables = {}
    for arm, results in results_by_arm.items():
        if not results:
            continue
        for direction in results[0]["directions"]:
            rows = [result["directions"][direction] for result in results]
            table = tables.setdefault(direction, {})
            table[arm] = statistics([row["model"] for row in rows])
            table[arm]["seeds"] = [len(rows), None]
    # These do not depend on a run. But one run may lack a number that another
    # run has.
    for results in results_by_arm.values():
        for result in results[:1]:
            for direction, rows in result["directions"].items():
                for row in BOUNDS:
                    if rows.get(row):
                        table = tables[direction]
                        table.setdefault(row, statistics([rows[row]]))
    for table in tables.values():  # they come last
        for row in BOUNDS:
            if row in table:
                table[row] = table.pop(row)
    return tables


def shown_columns(table):
    """The columns of `COLUMNS` that some row of a direction has."""
    return [
        name
        for name in COLUMNS
        if any(row.get(name, [None])[0] is not None for row in table.values())
    ]


def title_of(name):
    """A number's name over its column."""
    return name.replace("_", " ") + " x 100" * (name in DISTANCES)


def cell(name, value):
    """Mean and deviation as text."""
    mean, spread = value
    if mean is None:
        return "-"
    digits = 2 if name.endswith("psnr") or name in DISTANCES else 3
    if name in DISTANCES:  # as papers print it
        mean, spread = 100.0 * mean, spread and 100.0 * spread
    text = f"{mean:.{digits}f}"
    return text if spread is None else f"{text} ± {spread:.{digits}f}"


def table_lines(table):
    """Header and rows of one direction, as lists of str."""
    columns = shown_columns(table)
    lines = [["", *map(title_of, columns)]]
    seeds = {row: table[row]["seeds"][0] for row in table if row not in BOUNDS}
    most = max(seeds.values())
    for row, numbers in table.items():
        cells = [
            cell(name, numbers.get(name, (None, None))) for name in columns
        ]
        label = ROWS.get(row, row)
        if seeds.get(row, most) < most:  # no deviation, or not from all seeds
            label += f" ({seeds[row]} of {most} seeds)"
        lines.append([label, *cells])
    return lines


def markdown(tables, heading):
    """All tables as Markdown, arms as rows, as papers print them."""
    parts = [heading]
    for direction, table in tables.items():
        head, *lines = table_lines(table)
        rows = [head, ["---", *["---:"] * (len(head) - 1)], *lines]
        parts.append(
            f"## {direction}\n\n"
            + "\n".join(f"| {' | '.join(row)} |" for row in rows)
        )
    return "\n\n".join(parts) + "\n"


def bars(name, table):
    """One number of all rows as an SVG of bars, with deviations.

    Args:
        name: str, the number.
        table: dict of one direction.

    Returns:
        str; "" if no row has a finite value.
    """
    values = {
        row: numbers[name]
        for row, numbers in table.items()
        if numbers.get(name, [None])[0] is not None
        and np.isfinite(numbers[name][0])
    }
    if not values:
        return ""
    low = min(0.0, *(mean - (std or 0.0) for mean, std in values.values()))
    high = max(0.0, *(mean + (std or 0.0) for mean, std in values.values()))
    scale = 360.0 / ((high - low) or 1.0)
    zero, parts = 230.0 - low * scale, []
    for line, (row, (mean, std)) in enumerate(values.items()):
        top = 22 * line + 4
        left, width = min(zero, zero + mean * scale), abs(mean) * scale
        label = ROWS.get(row, row)
        parts.append(
            f'<text x="222" y="{top + 12}" text-anchor="end">{label}</text>'
            f'<rect x="{left:.1f}" y="{top}" width="{width:.1f}" height="16" '
            'fill="#4a90d9"/>'
        )
        if std:
            ends = [zero + (mean + sign * std) * scale for sign in (-1, 1)]
            parts.append(
                f'<path d="M{ends[0]:.1f} {top + 8}H{ends[1]:.1f}" '
                'stroke="currentColor" stroke-width="2"/>'
            )
        end = max(zero, zero + (mean + (std or 0.0)) * scale) + 6
        parts.append(
            f'<text x="{end:.1f}" y="{top + 12}">'
            f"{cell(name, (mean, std))}</text>"
        )
    height = 22 * len(values) + 8
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" width="760" '
        f'height="{height}" font-family="sans-serif" font-size="12" '
        f'fill="currentColor"><title>{name}</title>{"".join(parts)}</svg>'
    )


def side_by_side(jobs):
    """The examples of all arms' first seeds in one row an image.

    Args:
        jobs: list of `Job`.

    Returns:
        list of (title, columns, rows) for `Gallery.add_section`.
    """
    pages = {}
    for job in jobs:
        file = job.gallery / "examples.json"
        if job.seed == 0 and file.exists():
            pages[job] = json.loads(file.read_text(encoding="utf-8"))
    sections = []
    for number, section in enumerate(next(iter(pages.values()), [])):
        columns = _columns(pages, number)
        rows = []
        for line, row in enumerate(section["rows"]):
            images = [
                _picture(job, pages[job], number, line, place)
                for _, job, place in columns
            ]
            rows.append((row["caption"], images))
        names = [name for name, _, _ in columns]
        sections.append((section["title"], names, rows))
    return sections


def _columns(pages, number):
    """(name, job, place in its page) of a section: inputs, arms, truth."""
    first, before, own, after = next(iter(pages)), [], [], []
    for job, page in pages.items():
        names = page[number]["columns"] if number < len(page) else []
        for place, name in enumerate(names):
            if not name.startswith((INPUT, TRUTH)):
                own.append((f"{job.arm.name}: {name}", job, place))
            elif job is first:
                shared = before if name.startswith(INPUT) else after
                shared.append((name, job, place))
    return before + own + after


def _picture(job, page, number, line, place):
    """(H, W, 1 or 3) uint8 of a gallery's file, or None."""
    from PIL import Image

    rows = page[number]["rows"]
    file = rows[line]["files"][place] if line < len(rows) else None
    if file is None:
        return None
    with Image.open(job.gallery / file) as image:
        pixels = np.asarray(image)
    return pixels if pixels.ndim == 3 else pixels[..., None]


def _feature_notes(options, jobs, tables):
    """The network of the KID's features, from the first file that has it."""
    for job in jobs:
        for direction in tables:
            file = job.distances(direction)
            if file.exists():
                distances = json.loads(file.read_text(encoding="utf-8"))
                draws = distances["settings"]["source_target"]
                note = (
                    f"KID of {options.features}, {draws['draws']} draws of "
                    f"{draws['size']} images; average of target and source, "
                    "which rewards doing nothing: see `kid target`."
                )
                warning = distances["features"].get("warning")
                return [note, warning] if warning else [note]
    return []


def write_report(options, jobs, ledger, failed):
    """Writes results.json, results.md and index.html into the folder.

    Args:
        options: options of `trainers.benchmark`.
        jobs: list of `Job`.
        ledger: `Ledger`.
        failed: dict of job names to reasons.
    """
    results_by_arm = read_results(jobs)
    tables = summarize(results_by_arm)
    budget = (
        f"{options.steps} steps"
        if options.steps
        else f"{options.minutes:g} minutes"
    )
    facts = (
        f"{options.data}, {options.preset} presets, {budget} each, "
        f"{options.seeds} seed{'s' * (options.seeds > 1)}"
        + (", mean ± standard deviation" * (options.seeds > 1))
    )
    times = {
        arm: [
            ledger.of(job.run)["seconds"] for job in jobs if job.arm.name == arm
        ]
        for arm in results_by_arm
    }
    write_json(
        options.out / "results.json",
        {
            "settings": facts,
            "tables": tables,
            "training_seconds": times,
            "failed": failed,
            "runs": results_by_arm,
        },
    )
    seconds = ", ".join(
        f"{arm} {np.mean(values):.0f}" for arm, values in times.items()
    )
    notes = [
        f"{facts}.",
        "Images are in [-1, 1]: an L1 of 2 is black against white. "
        "`identity map` changes nothing.",
        f"Seconds of training: {seconds}.",
        *_feature_notes(options, jobs, tables),
        *(f"Missing: {name}, {reason}." for name, reason in failed.items()),
    ]
    heading = "# Benchmark\n\n" + "\n\n".join(notes)
    write_text(options.out / "results.md", markdown(tables, heading))
    gallery = Gallery(options.out, "Benchmark", "\n".join(notes))
    for direction, table in tables.items():
        head, *lines = table_lines(table)
        gallery.add_table(direction, head, lines)
    for section in side_by_side(jobs):
        gallery.add_section(*section)
    for direction, table in tables.items():
        for name in shown_columns(table):
            drawing = bars(name, table)
            if drawing:
                title = f"{direction}: {title_of(name)}"
                gallery.add_drawing(title, drawing)
    gallery.write()
