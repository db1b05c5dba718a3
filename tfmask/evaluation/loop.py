"""The loop of `tfmask evaluate`: tasks translate, measures look."""

from tfmask.evaluation.measures import MEASURES
from tfmask.evaluation.tables import Table, mean_rows
from tfmask.evaluation.tasks import TASKS


def tasks_of(context):
    """The `Tasks` that fit the method and the data."""
    return next(kind for kind in TASKS if kind.fits(context))(context)


def evaluate(context, gallery=None, advance=lambda count: None):
    """Measures a method by all that its translations on this data allow.

    Args:
        context: `Context`.
        gallery: `Gallery` or None. It gets a table and a section for each
            table.
        advance: function of the number of finished images.

    Returns:
        dict: `n` (table to images), `notes` (list of str), `directions`
        (table to row to number), and perhaps `classifier`, the quality of the
        judge. docs/evaluation.md describes rows and names. Infinite PSNR is
        `float("inf")`. A number that cannot be measured is None.

    Raises:
        UserError: the output of the method is not finite, or the data lacks
            something that is needed.
    """
    tasks = tasks_of(context)
    offers = tasks.offers | context.offers
    kinds = [kind for kind in MEASURES if kind.needs <= offers]
    counts, directions, remarks = {}, {}, []
    for direction in context.method.directions:
        names = context.names(direction[0])
        tables = {}
        for title in tasks.titles(direction):
            measures = [kind(context, title) for kind in kinds]
            tables[title] = Table(title, measures, tasks.beside, names)
        for batch in tasks.batches(direction):
            for title, example in tasks.examples(direction, batch):
                tables[title].update(example)
            advance(len(batch["index"]))
        for title, table in tables.items():
            remarks += tasks.notes(title, table.count)
            if not table.count:
                continue
            counts[title] = table.count
            directions[title] = table.result()
            remarks += table.notes()
            if gallery is not None:
                table.show(gallery, directions[title])
    for mean, start in tasks.means.items():
        parts = [title for title in directions if title.startswith(start)]
        if parts:
            counts[mean] = sum(counts[title] for title in parts)
            directions[mean] = mean_rows([directions[t] for t in parts])
    notes, facts = [kind.about for kind in kinds if kind.about], {}
    if tasks.judge is not None:
        notes.append(tasks.judge.note())
        facts["classifier"] = tasks.judge.accuracy()
    notes += dict.fromkeys(remarks)
    for kind in kinds:
        notes += kind.closing(context, directions)
    return {"n": counts, "notes": notes, **facts, "directions": directions}
