"""Base of the methods that translate between two domains in both directions."""

import tensorflow as tf

from tfmask.layers import HistoryPool
from tfmask.methods.base import source_and_target
from tfmask.methods.players import Player
from tfmask.networks import judge_pair
from tfmask.ops.augmentation import VIEW_DRAWS, random_view
from tfmask.ops.distribution import replica_uniform


class TwoDomains:
    """Two generators, two discriminators, and pools of older fakes.

    A class must inherit from it before `TranslationMethod`. A method makes
    `generator_a_to_b`, `generator_b_to_a`, `discriminator_a` and
    `discriminator_b`. It calls `make_pools` if it has pools.
    """

    players = {
        "generator": Player(("generator_a_to_b", "generator_b_to_a")),
        "discriminator": Player(
            ("discriminator_a", "discriminator_b"), optimizer="discriminator"
        ),
    }

    def make_pools(self, size, channels):
        """One `HistoryPool` for each domain, `pool_a` and `pool_b`."""
        for domain, offset in (("a", 10), ("b", 20)):
            pool = HistoryPool(
                size,
                (*self.image_size, channels),
                seed=self.seed + offset,
                name=f"pool_{domain}",
                dtype=self.variable_dtype,
            )
            setattr(self, f"pool_{domain}", pool)

    @property
    def pools(self):
        names = ("pool_a", "pool_b")
        return {n: getattr(self, n) for n in names if hasattr(self, n)}

    def judge(self, domain, image, training=False):
        """A domain's discriminator's `Judgement` on (B, H, W, 3) images."""
        network = self.networks[f"discriminator_{domain}"]
        return network(image, training=training)

    def pooled(self, domain, fake, training, *query):
        """Fakes of this step, in training mixed with older ones.

        Args:
            domain: "a" or "b", the domain that they should look like.
            fake: (B, H, W, C) float.
            training: bool.
            *query: see `HistoryPool.query`. Without it, the step draws.

        Returns:
            (B, H, W, C) float, without a gradient.
        """
        fake = tf.stop_gradient(fake)
        if not training:
            return fake
        pool = self.pools[f"pool_{domain}"]
        return pool.query(fake, *(query or (self.step,)))

    @property
    def views(self):
        """The random changes of `viewed`. A method can override it."""
        return ()

    def viewed(self, images, training):
        """Images as discriminators see them. Training changes them at random.

        All calls of a step change image n of a batch in the same way, both real
        and translated images.

        Args:
            images: (B, H, W, C) float in [-1, 1].
            training: bool.
        """
        if not self.views or not training:
            return images
        seed = tf.stack([self.seed + 40, self.step])
        drawn = replica_uniform(images, seed, [VIEW_DRAWS])
        return random_view(images, self.views, drawn)

    def judge_pair(self, domain, real, fake, training):
        """Judgements of a domain's real images and of (older) fakes.

        Args:
            domain: "a" or "b".
            real: (B, H, W, 3) float in [-1, 1].
            fake: (B, H, W, 3) float in [-1, 1]. No gradient reaches it.
            training: bool.

        Returns:
            Two `Judgement`s.
        """
        return judge_pair(
            lambda images: self.judge(domain, images, training=training),
            self.viewed(real, training),
            self.viewed(self.pooled(domain, fake, training), training),
        )

    def images_to_show(self, batch):
        """Input, mask and translation of each domain that is translated."""
        shown = {}
        for direction in self.directions:
            source, target = source_and_target(direction)
            inputs = {
                port.name: batch[source][port.name]
                for port in self.spec.required
            }
            there = self.translate(inputs, direction)
            shown[f"real_{source}"] = inputs["image"]
            shown[f"mask_{source}"] = there["mask"]
            shown[f"fake_{target}"] = there["image"]
            if "region" in batch[source]:
                shown[f"region_{source}"] = batch[source]["region"]
        return shown
