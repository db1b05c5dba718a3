"""How far several answers to one image are apart."""

import itertools

import numpy as np

from tfmask.evaluation.measures.measure import Measure
from tfmask.metrics import (
    background_l1,
    conditional_inception_score,
    foreground_l1,
    perceptual_diversity,
    softmax,
)
from tfmask.ops.arrays import image_to_uint8


class AnswerDistances(Measure):
    """Mean difference of two answers, by pixels."""

    needs = frozenset({"answers"})
    names = ("answers_l1", "answers_foreground_l1", "answers_background_l1")
    only = ("model",)

    def add(self, scores, answer, example):
        count = self.context.samples
        pairs = [*itertools.combinations(range(count), 2)]
        everywhere = np.zeros(example.image.shape[:3], bool)
        measures = {"answers_l1": (background_l1, everywhere)}
        if example.region is not None:
            measures |= {
                "answers_foreground_l1": (foreground_l1, example.region),
                "answers_background_l1": (background_l1, example.region),
            }
        for name, (measure, region) in measures.items():
            apart = [
                measure(
                    example.answers[:, one], example.answers[:, other], region
                )
                for one, other in pairs
            ]
            scores.add(**{name: np.mean(apart, axis=0)})

    def notes(self):
        return [
            f"`answers_*`: the mean over all pairs of {self.context.samples} "
            "answers to an image; 0 where all are the same."
        ]


class AnswerFeatures(Measure):
    """Mean difference of two answers, by the features of a network."""

    needs = frozenset({"answers", "features"})
    names = ("answers_distance", "answers_cis")
    only = ("model",)

    def add(self, scores, answer, example):
        network = self.context.features
        values = {"answers_distance": []}
        for answers in example.answers:
            pixels = image_to_uint8(answers)
            outputs = network.run(
                np.stack([np.asarray(network.resize(one)) for one in pixels])
            )
            features = np.asarray(outputs["features"])[:, None, None]
            distance = perceptual_diversity(
                [features], [np.ones(features.shape[-1])]
            )
            values["answers_distance"].append(distance.mean())
            if "logits" in outputs:
                classes = softmax(np.asarray(outputs["logits"]))
                score = conditional_inception_score(classes[None])
                values.setdefault("answers_cis", []).append(score.mean_kl)
        scores.add(**{name: np.array(v) for name, v in values.items()})

    def notes(self):
        about = self.context.features.about
        return [
            "`answers_distance`: 2 - 2 cos of the features of two answers, "
            f"{about['network']}. `answers_cis`: the mean divergence of an "
            "answer's classes from their mean over the answers, without the "
            "exponential of MUNIT's script.",
            *filter(None, [about.get("warning")]),
        ]
