"""Methods whose critic learns several times for each generator update."""

import tensorflow as tf

from tfmask.losses import gradient_penalty
from tfmask.methods.base import TranslationMethod
from tfmask.methods.players import Player
from tfmask.ops.distribution import (
    gather_replicas,
    replica_slice,
    replica_uniform,
)

# Numbers of the random streams of a step.
_MIX, _PERMUTATION = 50, 51


class CriticMethod(TranslationMethod):
    """The critic learns in every step, the generator in some (WGAN-GP).

    With `config.critic_steps` 5, the generator learns in steps 5, 10, ... It
    learns after the critic, from the new weights of the critic. In other steps,
    the losses of the generator are not computed. A step of a schedule is a step
    of the critic.

    A method defines the parts that `TranslationMethod` lists. `compute_losses`
    gets `players=("discriminator",)` or `("generator",)`.

    Args:
        config: the method's frozen dataclass, with `critic_steps` (int).
        **kwargs: see `TranslationMethod`.

    Attributes:
        generators: names of the networks of the generator's player.
    """

    rounds = (("discriminator",), ("generator",))

    generators = ("generator",)

    @property
    def players(self):
        return {
            "generator": Player(
                self.generators, every=self.config.critic_steps
            ),
            "discriminator": Player(
                ("discriminator",), optimizer="discriminator"
            ),
        }

    def smoothness(self, critic, real, fake, parts=1, first=0):
        """The gradient penalty of this step, one number for each example.

        Args:
            critic: function of images. It returns a `Judgement`.
            real: (B, H, W, 3).
            fake: (B, H, W, 3).
            parts: int; the rows are so many batches. On replicas, each batch
                draws its own mixtures.
            first: int, number of the first part among all parts of the step.

        Returns:
            (B,) float32, unweighted.
        """
        mix = [
            replica_uniform(part, self._draw(_MIX + 100 * stream))
            for stream, part in enumerate(tf.split(real, parts), first)
        ]
        return gradient_penalty(
            lambda images: critic(images).scores,
            real,
            fake,
            tf.concat(mix, axis=0),
        )

    def permuted(self, values):
        """The rows of the global batch in an order that each step draws.

        Args:
            values: (B, ...) this replica's rows.

        Returns:
            (B, ...). A row may stay at its place.
        """
        everything = gather_replicas(values)
        order = tf.argsort(
            tf.random.stateless_uniform(
                [tf.shape(everything)[0]], self._draw(_PERMUTATION)
            )
        )
        mixed = replica_slice(tf.gather(everything, order), values)
        return tf.ensure_shape(mixed, values.shape)

    def _draw(self, stream):
        """(2,) seed. Both updates of one step draw the same numbers."""
        return [self.seed + stream, self.step]
