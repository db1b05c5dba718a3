"""The players of a method, and the terms of their losses."""

import dataclasses
from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

from tfmask.ops.distribution import assign_everywhere


@dataclasses.dataclass(frozen=True)
class Player:
    """Networks that learn together, by one optimizer.

    Attributes:
        networks: names of networks of the method. A network may belong to
            several players.
        every: int; the player learns only in the last one of so many steps.
        places: ints below `every`, numbers of steps from 0. If they are given,
            the player learns in these steps instead of the last one. All
            players of a round have the same.
        optimizer: str, name of the settings of its optimizer: "main",
            "discriminator" or "content".
        partner: str, name of another player. This player learns with the
            optimizer of the partner. So both have one running mean of the
            gradients. All its networks must also belong to the partner. None:
            the player has its own optimizer.
        clip_norm: float; gradients with a larger norm, over all variables and
            replicas, are shortened to it. None: they do not change.
        after_update: function of the player's variables, such as
            `clip_weights(0.01)`. It is called after every update. None: no
            function is called.
    """

    networks: tuple[str, ...]
    every: int = 1
    places: tuple[int, ...] = ()
    optimizer: str = "main"
    partner: str | None = None
    clip_norm: float | None = None
    after_update: Callable | None = None

    @property
    def rhythm(self):
        """(every, places), hashable."""
        return self.every, self.places or (self.every - 1,)

    def learns(self, step):
        """Whether the player learns in a step.

        Args:
            step: int from 0, or an int tensor or variable.

        Returns:
            bool, or a scalar bool tensor.
        """
        every, places = self.rhythm
        place = step % every
        if isinstance(place, int):
            return place in places
        return tf.reduce_any(tf.equal(place, places))


class Term(NamedTuple):
    """One term of a player's loss.

    Attributes:
        value: scalar float, unweighted. None: the term has no value in this
            phase.
        weight: float or scalar. None: the term is reported, but nothing learns
            from it.
    """

    value: tf.Tensor | None
    weight: float | tf.Tensor | None


def weighted(makers, reduce=tf.reduce_mean):
    """The terms whose weight is not 0. Others are not computed.

    Args:
        makers: dict of name to (function that returns the term, (B,) or
            scalar, weight).
        reduce: function of the results of these functions. It returns a scalar.

    Returns:
        dict of name to `Term`.
    """
    return {
        name: Term(reduce(make()), weight)
        for name, (make, weight) in makers.items()
        if not (isinstance(weight, int | float) and weight == 0)
    }


def clip_weights(limit):
    """An `after_update` that clips every variable to [-limit, limit].

    Paper: Arjovsky et al. 2017, Algorithm 1; DualGAN.
    """

    def clip(variables):
        assign_everywhere(
            variables, lambda value: tf.clip_by_value(value, -limit, limit)
        )

    return clip
