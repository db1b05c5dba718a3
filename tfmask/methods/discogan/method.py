"""DiscoGAN: finds relations between two domains by reconstruction."""

import tensorflow as tf

from tfmask.losses import (
    feature_matching,
    l2,
    vanilla_discriminator,
    vanilla_generator,
)
from tfmask.methods.base import (
    DIRECTIONS,
    TranslationMethod,
    source_and_target,
)
from tfmask.methods.discogan import METHOD
from tfmask.methods.discogan.networks import (
    BottleneckGenerator,
    FeatureDiscriminator,
)
from tfmask.methods.players import Player, weighted
from tfmask.methods.two_domains import TwoDomains
from tfmask.networks import judge_pair
from tfmask.ops.change import change_map


class DiscoGAN(TwoDomains, TranslationMethod):
    """Two generators without skips, two discriminators (Kim et al. 2017).

    Code and paper: `generator_a_to_b` is G_AB. `generator_b_to_a` is G_BA.
    `discriminator_a` is D_A. `reconstruction_a` is L_CONST_A, Eq. (3), of
    images in [0, 1]. `adversarial_b` is L_GAN_B, Eq. (4). `features_b` is the
    official code's feature matching. The sum of a direction is

    `(1 - r) * (0.1 * adversarial_b + 0.9 * features_b)
    + r * reconstruction_a`

    with r 0.01 for 10,000 steps and 0.5 afterwards.

    In a step, either the discriminators or the generators learn. In the first
    of three steps, the discriminators learn.

    Args:
        config: `DiscoGANConfig`.
        **kwargs: see `TranslationMethod`.

    Differs from the paper, as the official code does: there is feature
    matching, and r changes in training. Differs from the official code: in
    `translate`, batch normalisation takes moving averages over real images of
    the domain. The official code takes the statistics of the images that are
    translated together (200 test images). So here a translation depends only on
    its image. Images are in [-1, 1] outside of the networks, and in [0, 1]
    inside of them.
    """

    spec = METHOD
    rounds = (("discriminator",), ("generator",))

    def __init__(self, config, **kwargs):
        super().__init__(config, **kwargs)
        generator = {
            "filters": config.filters,
            "levels": config.levels,
            "bottleneck": config.bottleneck,
        }
        discriminator = {
            "filters": config.discriminator_filters,
            "levels": config.discriminator_levels,
        }
        self.generator_a_to_b = BottleneckGenerator(**generator)
        self.discriminator_b = FeatureDiscriminator(**discriminator)
        if config.model != "gan":
            self.generator_b_to_a = BottleneckGenerator(**generator)
        if config.model == "discogan":
            self.discriminator_a = FeatureDiscriminator(**discriminator)
        self.build_networks()

    @property
    def judged_directions(self):
        """The directions whose translations a discriminator sees."""
        return DIRECTIONS[: 2 if self.config.model == "discogan" else 1]

    @property
    def directions(self):
        return DIRECTIONS[: 1 if self.config.model == "gan" else 2]

    @property
    def players(self):
        interval = self.config.update_interval
        return {
            "generator": Player(
                tuple(f"generator_{way}" for way in self.directions),
                every=interval,
                places=tuple(range(1, interval)),
            ),
            "discriminator": Player(
                tuple(
                    f"discriminator_{source_and_target(way)[1]}"
                    for way in self.judged_directions
                ),
                every=interval,
                places=(0,),
                optimizer="discriminator",
            ),
        }

    @property
    def multiple(self):
        return 2**self.config.levels

    @property
    def reconstruction_rate(self):
        """r of this step, a scalar float32."""
        config = self.config
        return tf.where(
            self.step < self.steps_of(config.curriculum_epoch),
            tf.constant(config.early_reconstruction_rate),
            tf.constant(config.reconstruction_rate),
        )

    def compute_losses(self, batch, players=None, training=True):
        players = players or self.players
        losses = {player: {} for player in players}
        mode = "update" if training else "batch"
        for direction in self.judged_directions:
            source, target = source_and_target(direction)
            image, real = batch[source]["image"], batch[target]["image"]
            fake = self.networks[f"generator_{direction}"](image, mode=mode)
            critic = self.networks[f"discriminator_{target}"]
            if "generator" in players:
                losses["generator"] |= self._generator_terms(
                    direction, critic, image, real, fake
                )
            if "discriminator" in players:
                losses["discriminator"] |= self._discriminator_term(
                    target, critic, real, fake
                )
        return losses

    def _discriminator_term(self, target, critic, real, fake):
        def discriminator():
            pair = judge_pair(lambda both: critic(both, parts=2), real, fake)
            return vanilla_discriminator(*(judged.scores for judged in pair))

        return weighted({f"discriminator_{target}": (discriminator, 1.0)})

    def _generator_terms(self, direction, critic, image, real, fake):
        source, target = source_and_target(direction)
        config, rate = self.config, self.reconstruction_rate
        both = critic(tf.concat([real, fake], axis=0), parts=2)
        judged_real, judged_fake = both.halves()
        rest = 1.0 if config.model == "gan" else 1.0 - rate
        terms = {
            f"adversarial_{target}": (
                lambda: vanilla_generator(judged_fake.scores),
                config.adversarial_weight and config.adversarial_weight * rest,
            ),
            f"features_{target}": (
                lambda: feature_matching(
                    judged_real.features, judged_fake.features
                ),
                config.feature_weight and config.feature_weight * rest,
            ),
        }
        if config.model != "gan":
            back = self.networks[f"generator_{target}_to_{source}"]
            # A quarter of the square in [-1, 1] is the square in [0, 1].
            terms[f"reconstruction_{source}"] = (
                lambda: 0.25 * l2(back(fake, mode="batch"), image),
                rate,
            )
        return weighted(terms)

    def translate(self, inputs, direction="a_to_b"):
        image = inputs["image"]
        translated = self.networks[f"generator_{direction}"](image)
        return {"image": translated, "mask": change_map(image, translated)}
