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

    By default they are means over the images that have them. A subclass defines
    `needs`, `names` and `add`.

    Args:
        context: `Context`.
        title: str, title of the table. For whole domains it is the direction.

    Attributes:
        needs: set of str. It names the things that examples must have, see
            `Directions.offers`, or that must be there beside them, see
            `Context.offers`.
        names: names of the numbers. A number is None if no image has it. If
            `names` is empty, the scores give the names.
        about: str, facts that a reader of the numbers must know; or None.
        only: names of the rows that have the numbers. None: all rows.
        scores: function that makes an object. The object collects the numbers
            of a row.
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
            scores: the object of `self.scores`.
            answer: dict of arrays of the row.
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
