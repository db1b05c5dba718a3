"""The output of a discriminator."""

from typing import NamedTuple

import tensorflow as tf


class Judgement(NamedTuple):
    """The output of every discriminator; parts that it does not have are None.

    Attributes:
        scores: list of (B, h, w, 1) or (B, 1) float32, unbounded. There is one
            map of scores for each scale or head. Losses take this list.
        logits: (B, K) float32, logits of K classes or attributes.
        attention: (B, h, w, 1) float32 in [0, 1], the places that it looked at.
        features: list of tensors (B, ...), for feature matching.
    """

    scores: list
    logits: tf.Tensor | None = None
    attention: tf.Tensor | None = None
    features: list | None = None

    def halves(self):
        """Two judgements: of the batch's first half and of its second.

        Real and translated images are judged in one call. The values are the
        same, and the convolutions are larger.
        """
        parts = [
            (None, None) if value is None else tf.split(value, 2)
            for value in tf.nest.flatten(self)
        ]
        return tuple(
            tf.nest.pack_sequence_as(self, half)
            for half in zip(*parts, strict=True)
        )


def judge_pair(judge, real, fake):
    """Judges real and translated examples in one call.

    Args:
        judge: function of examples. It returns a `Judgement`.
        real: tensor (B, ...), or a tuple of tensors.
        fake: the same form as `real`. No gradient reaches it.

    Returns:
        Two judgements, of the real examples and of the others.
    """
    fake = tf.nest.map_structure(tf.stop_gradient, fake)
    both = tf.nest.map_structure(
        lambda *halves: tf.concat(halves, axis=0), real, fake
    )
    return judge(both).halves()
