"""Translations against the true partners."""

from tfmask.evaluation.measures.measure import DATA_RANGE, Measure
from tfmask.metrics import ChangeScores


class PartnerDistances(Measure):
    """How far translations are from the true partners."""

    needs = frozenset({"partner"})
    names = ("target_l1", "target_psnr", "target_ssim")
    about = (
        "Pairs: `target_*` compares the translation with the true partner. "
        "Where the input leaves much open, as from labels to photographs, a "
        "right translation need not be near."
    )
    only = ("model", "identity")

    def scores(self):
        return ChangeScores(DATA_RANGE)

    def add(self, scores, answer, example):
        scores.update(example.partner, answer["image"])

    def numbers(self, scores):
        # The change between translation and partner, under its own names.
        distances = scores.result()
        return {n: distances[n.replace("target", "change")] for n in self.names}

    def result(self):
        none = dict.fromkeys(self.names)
        return {**super().result(), "true_partner": none}

    def columns(self, example):
        return {"true partner": example.partner}
