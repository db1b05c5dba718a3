"""Several answers to every image of a domain."""

import numpy as np

from tfmask.evaluation.tasks.directions import Directions


class Answers(Directions):
    """Tasks of methods that have several answers; the first is measured.

    Their distance from each other is also measured.
    """

    offers = Directions.offers | {"answers"}

    @classmethod
    def fits(cls, context):
        return context.method.spec.several is not None

    @property
    def optional(self):
        return (self.context.method.spec.several.name,)

    def examples(self, direction, batch):
        inputs = {name: batch[name] for name in self.context.inputs}
        (seed,), count = self.optional, len(batch["image"])
        translations = [
            self.translate[direction](
                {**inputs, seed: np.full(count, number, np.int64)}
            )
            for number in range(self.context.samples)
        ]
        answers = np.stack([one["image"] for one in translations], axis=1)
        batch = {**batch, "translation": translations[0], "answers": answers}
        return super().examples(direction, batch)

    def translated(self, direction, batch):
        return batch["translation"]

    def shown(self, batch, answer):
        answers = batch["answers"]
        more = {
            f"style {number}": answers[:, number]
            for number in range(1, answers.shape[1])
        }
        return {**super().shown(batch, answer), **more}
