"""The base class of measures."""

import collections

from tfmask.metrics.accumulators import PerImage

DATA_RANGE = 2.0  # width of [-1, 1]
BEST_THRESHOLD = (
    "`mask_iou_best` takes the one threshold that is best on these very "
    "images: an upper bound."
)


class Measure:
    """Some numbers of a table: made for it, fed its examples, then asked.

    By default they are means over those images that have them. A subclass
    gives `needs`, `names` and `add`.

    Args:
        context: `Context`.
        title: str, the table's; of whole domains it is the direction.

    Attributes:
        needs: set of str, what examples must have: see `Directions.offers`;
            or what there is beside them: see `Context.offers`.
        names: of the numbers, None where no image has one; empty: what the
            scores give.
        about: str, what a reader must know of them; or None.
        only: names of the rows that have them; None: all.
        scores: makes what gathers the numbers of a row.
    """

    needs = frozenset()
    names = ()
    about = only = None
    scores = PerImage

    def __init__(self, context, title):
        self.context, self.title = context, title
        self.rows = collections.defaultdict(self.scores)

    def add(self, scores, answer, example):
        """Adds a batch to a row's scores.

        Args:
            scores: what `self.scores` made.
            answer: dict of arrays, what the row has.
            example: `Example`.
        """
        raise NotImplementedError

    def numbers(self, scores):
        """dict of name to float or None, of a row's scores."""
        values = scores.result()
        return {name: values.get(name) for name in self.names or values}

    def update(self, example):
        """Takes a batch, an `Example`."""
        for row, answer in example.rows.items():
            if self.only is None or row in self.only:
                self.add(self.rows[row], answer, example)

    def result(self):
        """dict of row to `numbers`."""
        return {row: self.numbers(scores) for row, scores in self.rows.items()}

    def notes(self):
        """list of str, what a reader must know of this table."""
        return []

    @classmethod
    def closing(cls, context, directions):
        """list of str, notes on all tables, a dict of title to rows."""
        return []

    def columns(self, example):
        """dict of a gallery's column to (B, H, W, C) arrays or None."""
        return {}

    def captions(self, example):
        """list of B str, or None."""
        return None
