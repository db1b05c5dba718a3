"""The domain that a classifier sees in translations."""

from tfmask.evaluation.classifier_files import CLASSIFIED
from tfmask.evaluation.measures.measure import Measure


class TakenForTarget(Measure):
    """Share of the images that are taken for ones of the target domain."""

    needs = frozenset({"classifier"})
    names = (CLASSIFIED,)
    only = ("model", "identity")

    def add(self, scores, answer, example):
        classifier, target = self.context.classifier, self.title[-1]
        on_target = classifier.takes_for(answer["image"], target)
        scores.add(**{CLASSIFIED: on_target.astype(float)})

    @classmethod
    def closing(cls, context, directions):
        return [context.classifier.note(directions, context.split)]
