"""The change that each step of a translation in steps makes."""

from tfmask.evaluation.measures.measure import Measure


class StepChanges(Measure):
    """Means of `step_change` (B, K), if the method gives it: K numbers."""

    only = ("model",)

    def add(self, scores, answer, example):
        if "step_change" in answer:
            numbers = enumerate(answer["step_change"].T.astype(float), start=1)
            scores.add(**{f"step_change_{k}": v for k, v in numbers})
