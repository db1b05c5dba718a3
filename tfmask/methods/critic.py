"""Methods whose critic learns several times for one generator update."""

import tensorflow as tf

from tfmask.losses import gradient_penalty
from tfmask.methods.base import TranslationMethod
from tfmask.ops.distribution import (
    gather_replicas,
    replica_count,
    replica_slice,
    replica_uniform,
)
from tfmask.ops.errors import UserError

# Numbers of the random streams of a step.
_MIX, _PERMUTATION = 50, 51


class CriticMethod(TranslationMethod):
    """WGAN-GP's order: every step the critic, at some the generator too.

    In steps 5, 10, ... of `config.critic_steps` 5, the generator learns
    after the critic, from the critic's new weights. In the others nothing
    of the generator's losses is computed. A step of a schedule is a step of
    the critic.

    A method defines what `TranslationMethod` lists; `compute_losses` gets
    `players=("discriminator",)` or `("generator",)`. The weight of a term
    such as `classification_real` is the config's
    `classification_real_weight`, else its `classification_weight`, else 1.

    Args:
        config: the method's frozen dataclass, with `critic_steps` (int).
        **kwargs: see `TranslationMethod`.
    """

    rounds = (("discriminator",), ("generator",))

    def phase_at(self, step):
        """Words; on several replicas "generator" where it learns too.

        One device decides that in its graph. Of several, a branch around
        `strategy.run` did not end on TensorFlow 2.15.
        """
        due = (step + 1) % self.config.critic_steps == 0
        return ("generator",) if due and self.replicas > 1 else ()

    def train_step(self, batch):
        """One step, in plain `fit` on one device only.

        Raises:
            UserError: it is called on several replicas.
        """
        if replica_count() > 1:
            raise UserError(
                f"Plain `fit` trains {type(self).__name__} on one device; "
                "`tfmask train` and `trainers.loop` take more. Got: "
                f"{replica_count()} replicas."
            )
        self._steps(lambda function, *args: function(*args), batch)
        return {
            name: tracker.result() for name, tracker in self.trackers.items()
        }

    def distributed_step(self, strategy, batch):
        def run(function, *args):
            return strategy.run(function, args=args)

        self._steps(run, batch)

    def _steps(self, run, batch):
        def learn(player):
            def update(batch):
                losses = self.learn(
                    (player,),
                    lambda players: self.compute_losses(batch, players),
                )
                self.track(losses)

            run(update, batch)
            return tf.constant(0)

        learn("discriminator")
        if self.replicas == 1:
            due = tf.equal((self.step + 1) % self.config.critic_steps, 0)
            tf.cond(due, lambda: learn("generator"), lambda: tf.constant(0))
        elif "generator" in self.phase:
            learn("generator")
        run(self._count_step)

    def _count_step(self):
        self.step.assign_add(1)

    def term_weight(self, term):
        own = getattr(self.config, f"{term}_weight", None)
        return super().term_weight(term) if own is None else own

    def smoothness(self, critic, real, fake, parts=1):
        """The gradient penalty of this step, one number an example.

        Args:
            critic: function of images that returns scores alone.
            real: (B, H, W, 3).
            fake: (B, H, W, 3).
            parts: int, batches of which the rows are put together; each draws
                its own mixtures, as far as replicas are concerned.

        Returns:
            (B,) float32, unweighted.
        """
        mix = [
            replica_uniform(part, self._draw(_MIX + 100 * stream))
            for stream, part in enumerate(tf.split(real, parts))
        ]
        return gradient_penalty(critic, real, fake, tf.concat(mix, axis=0))

    def permuted(self, values):
        """The global batch's rows in a random order, new in every step.

        Args:
            values: (B, ...) this replica's rows.

        Returns:
            (B, ...); a row may stay where it was.
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
        """(2,) seed; both updates of one step draw alike."""
        return [self.seed + stream, self.step]
