"""Networks that judge translations, and how often they are right."""

import numpy as np

from tfmask.evaluation.attribute_classifier import AttributeClassifier
from tfmask.evaluation.classifier_files import accuracy_text, label_accuracies
from tfmask.evaluation.shape_classifier import ShapeClassifier, mask_crops

LEARNT = 20_000  # the classifier sees at most so many training images
OWN_JUDGE = (
    "a small network trained on the true attributes of {learnt} training images"
)
JUDGE = (
    "Attributes are judged by {judge}. Of the {split} images it is right for "
    "{shares}."
)
SHAPES = (
    "`target_share` is judged by a small network trained on the true masks of "
    "the training images; of true test masks it takes {a:.3f} of a for a's "
    "and {b:.3f} of b for b's."
)


class Judge:
    """Says which attributes images have.

    Args:
        context: `Context`. Its `classifier` judges. If there is none, an
            `AttributeClassifier` learns from the training images of the data.
    """

    def __init__(self, context):
        data, self._classifier = context.data, context.classifier
        self._names, self._split = data.attributes, context.split
        self._predictions, self._true = [], []
        if self._classifier is not None:
            self._title = str(self._classifier)
            return
        learnt = min(LEARNT, data.counts("train")["a"])
        self._title = OWN_JUDGE.format(learnt=learnt)
        self._classifier = AttributeClassifier(len(self._names))
        self._classifier.train(
            data.test_batches(
                "a", split="train", batch_size=64, limit=LEARNT
            ).as_numpy_iterator()
        )

    def seen_in(self, images):
        """(B, K) bool, which attributes images have."""
        return self._classifier.seen_in(images)

    def check(self, images, attributes):
        """`seen_in` of true images, which count for its own accuracy."""
        predicted = self.seen_in(images)
        self._predictions.append(predicted)
        self._true.append(attributes > 0.5)
        return predicted

    def accuracy(self):
        """dict of attribute to `accuracy` and `majority`."""
        predicted, true = map(np.concatenate, (self._predictions, self._true))
        return label_accuracies(self._names, predicted, true)

    def note(self):
        """How good it is, as a sentence."""
        shares = accuracy_text(self.accuracy())
        return JUDGE.format(judge=self._title, split=self._split, shares=shares)


class Shapes(ShapeClassifier):
    """Says which domain the outlines of instances belong to.

    Args:
        context: `Context`. The judge learns from the masks of its training
            images.
    """

    def __init__(self, context):
        super().__init__()

        def crops(domain, split):
            batches = context.data.test_batches(
                domain,
                split=split,
                batch_size=context.batch_size,
                with_instances=True,
            ).as_numpy_iterator()
            return np.concatenate([mask_crops(b["instances"]) for b in batches])

        self.train(crops("a", "train"), crops("b", "train"))
        self._accuracy = {
            domain: self.share_of(crops(domain, context.split), domain)
            for domain in ("a", "b")
        }

    def accuracy(self):
        """dict of domain to the share of its true masks taken for its own."""
        return self._accuracy

    def note(self):
        """How good it is, as a sentence."""
        return SHAPES.format(**self._accuracy)
