"""Every image of a domain is translated into the other domain."""

import numpy as np

from tfmask.evaluation.examples import Example
from tfmask.ops.errors import UserError


class Directions:
    """Tasks of methods that translate a domain; its true masks are known.

    Args:
        context: `Context`.

    Attributes:
        offers: set of str, names of the things that measures find in the
            examples.
        beside: rows that are always there. A missing number is None.
        optional: given inputs that the method does not need.
        means: dict of the title of one more table to the start of other titles.
            The table has the mean of all tables whose titles start so.
        judge: a judge of `tfmask.evaluation.judges`, or None.
    """

    offers = frozenset({"region"})
    beside = ("mean_mask",)
    optional = ()
    means = {}
    judge = None

    def __init__(self, context):
        self.context = context
        self.translate = {
            direction: context.translation(direction, self.optional)
            for direction in context.method.directions
        }

    @classmethod
    def fits(cls, context):
        """Whether these are the tasks of this method on this data."""
        return True

    def titles(self, direction):
        """Titles of the tables that a direction of the method fills."""
        return [direction]

    def notes(self, title, count):
        """list of str, notes on a table of so many images.

        Raises:
            UserError: there are none, but there should be.
        """
        return []

    def batches(self, direction):
        """Iterable of dicts of arrays, with the images' `index`."""
        batches = self.context.data.test_batches
        return self.context.read(batches, direction[0])

    def examples(self, direction, batch):
        """Translates a batch; yields titles of tables and `Example`s."""
        image, answer = batch["image"], self.translated(direction, batch)
        rows = {"model": answer}
        if self.context.compared:
            nothing = {"image": image, "mask": np.zeros_like(image[..., :1])}
            rows["identity"] = nothing
            rows |= self.more_rows(direction, batch)
        example = Example(
            index=batch["index"],
            image=image,
            rows=rows,
            shown=self.shown(batch, answer),
            **{name: batch.get(name) for name in self.offers},
        )
        yield direction, example

    def translated(self, direction, batch):
        """dict of arrays: what the method makes of a batch."""
        inputs = {name: batch[name] for name in self.context.inputs}
        return self.translate[direction](inputs)

    def shown(self, batch, answer):
        """dict of a gallery's column to images."""
        return {
            "input": batch["image"],
            "mask": answer["mask"],
            "translation": answer["image"],
        }

    def more_rows(self, direction, batch):
        """Rows beside the run's: the mean of the training masks."""
        data, image = self.context.data, batch["image"]
        has_train = "train" in data.describe()["counts"]
        mean = data.region_mean(direction[0]) if has_train else None
        if mean is None:
            return {}
        mask = np.broadcast_to(mean[..., None], image[..., :1].shape)
        return {"mean_mask": {"image": image, "mask": mask}}


class Partners(Directions):
    """Plain translations of pairs, whose true partners are known."""

    offers = frozenset({"partner"})
    beside = ("true_partner",)

    def __init__(self, context):
        super().__init__(context)
        if context.classifier is not None:
            raise UserError(
                f"{context.data.location} has pairs: translations are compared "
                "with their true partners, not judged by `--classifier`. "
                "Leave it out."
            )

    @classmethod
    def fits(cls, context):
        return context.data.layout == "pairs" and context.inputs == ("image",)

    def batches(self, direction):
        source, target = direction[0], direction[-1]
        for pair in self.context.read(self.context.data.test_pairs):
            yield {**pair[source], "partner": pair[target]["image"]}

    def more_rows(self, direction, batch):
        return {"true_partner": {"image": batch["partner"]}}
