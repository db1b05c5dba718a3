"""U-GAT-IT: generators and discriminators with class activation maps."""

import tensorflow as tf

from tfmask.layers import normal_initializer
from tfmask.losses import (
    l1,
    lsgan_discriminator,
    lsgan_generator,
    vanilla_discriminator,
)
from tfmask.methods.base import (
    DIRECTIONS,
    TranslationMethod,
    source_and_target,
)
from tfmask.methods.players import Player, weighted
from tfmask.methods.two_domains import TwoDomains
from tfmask.methods.ugatit import METHOD
from tfmask.methods.ugatit.networks import (
    ActivationDiscriminator,
    ActivationGenerator,
)
from tfmask.networks import judge_pair
from tfmask.ops.change import SMALLEST_CHANGE
from tfmask.ops.distribution import assign_everywhere


class UGATIT(TwoDomains, TranslationMethod):
    """Two generators, and two discriminators for each domain (Kim et al. 2020).

    Code and paper: `generator_a_to_b` is G_s->t with its auxiliary classifier
    eta_s. `global_discriminator_b` and `local_discriminator_b` are D_t with
    eta_Dt. `adversarial_global_b` and `_local_b` are Eq. (4) of the patches.
    `activation_global_b` and `_local_b` are Eq. (4) of the discriminators'
    class activations. `cycle_a` is Eq. (5). `identity_b` is Eq. (6).
    `cam_a_to_b` is the generator's part of Eq. (7). Both logits of a class
    activation count: the logit of the means and the logit of the maxima.

    The discriminators learn first. Then the generators learn from their own
    pass.

    Args:
        config: `UGATITConfig`.
        **kwargs: see `TranslationMethod`.

    Paper: Kim et al. 2020 (ICLR), section 2.
    Differs from the paper and the authors' PyTorch code: images can have other
    sizes, see `ActivationGenerator`. Spectral normalisation has one power
    iteration in each step. In that code it has three. The initial kernels are
    the paper's. In that code they are PyTorch's defaults.
    """

    spec = METHOD
    rounds = (("discriminator",), ("generator",))

    def __init__(self, config, **kwargs):
        super().__init__(config, **kwargs)
        initial = {
            "kernel_initializer": normal_initializer(config.initializer_stddev)
        }
        for direction in DIRECTIONS:
            generator = ActivationGenerator(
                filters=config.filters,
                blocks=config.blocks,
                light=config.light,
                **initial,
            )
            setattr(self, f"generator_{direction}", generator)
        for kind, layers in self._kinds.items():
            for domain in ("a", "b"):
                discriminator = ActivationDiscriminator(
                    filters=config.discriminator_filters,
                    strided_layers=layers,
                    **initial,
                )
                setattr(self, f"{kind}_discriminator_{domain}", discriminator)
        self.build_networks()

    @property
    def _kinds(self):
        """dict of a kind of discriminator to its strided layers."""
        config = self.config
        return {"global": config.global_layers, "local": config.local_layers}

    @property
    def players(self):
        judges = tuple(
            f"{kind}_discriminator_{domain}"
            for kind in self._kinds
            for domain in ("a", "b")
        )
        generators = tuple(f"generator_{way}" for way in DIRECTIONS)
        return {
            "discriminator": Player(judges, optimizer="discriminator"),
            "generator": Player(generators, after_update=self._clip_mixtures),
        }

    def _clip_mixtures(self, variables):
        """Brings rho of all AdaLIN and LIN back into [0, 1]."""
        mixtures = [*self.generator_a_to_b.mixtures]
        mixtures += self.generator_b_to_a.mixtures
        assign_everywhere(
            mixtures, lambda value: tf.clip_by_value(value, 0.0, 1.0)
        )

    def compute_losses(self, batch, players=None, training=True):
        players = players or self.players
        real = {domain: batch[domain]["image"] for domain in ("a", "b")}
        losses = {player: {} for player in players}
        for direction in DIRECTIONS:
            if "discriminator" in players:
                losses["discriminator"] |= self._discriminator_terms(
                    direction, real, training
                )
            if "generator" in players:
                losses["generator"] |= self._generator_terms(direction, real)
        return losses

    def _discriminator_terms(self, direction, real, training):
        source, target = source_and_target(direction)
        fake = self.networks[f"generator_{direction}"](real[source])
        # The authors' sums are not halved.
        weight, terms = 2.0 * self.config.adversarial_weight, {}
        for kind in self._kinds:
            network = self.networks[f"{kind}_discriminator_{target}"]
            pair = judge_pair(
                lambda images, network=network: network(
                    images, training=training
                ),
                real[target],
                fake,
            )
            terms |= {
                f"adversarial_{kind}_{target}": (
                    lambda pair=pair: lsgan_discriminator(
                        *(judged.scores for judged in pair)
                    ),
                    weight,
                ),
                f"activation_{kind}_{target}": (
                    lambda pair=pair: lsgan_discriminator(
                        *(judged.logits for judged in pair)
                    ),
                    weight,
                ),
            }
        return weighted(terms)

    def _generator_terms(self, direction, real):
        source, target = source_and_target(direction)
        config, generator = self.config, self.networks[f"generator_{direction}"]
        back = self.networks[f"generator_{target}_to_{source}"]
        # One call for both gives the same values with larger convolutions.
        images, logits, _ = generator.parts(
            tf.concat([real[source], real[target]], axis=0)
        )
        fake, same = tf.split(images, 2)
        of_source, of_target = tf.split(logits, 2)
        terms = {
            f"cycle_{source}": (
                lambda: l1(back(fake), real[source]),
                config.cycle_weight,
            ),
            f"identity_{target}": (
                lambda: l1(same, real[target]),
                config.identity_weight,
            ),
            # `vanilla_discriminator` halves the loss. The authors' code does
            # not.
            f"cam_{direction}": (
                lambda: vanilla_discriminator(of_source, of_target),
                2.0 * config.cam_weight,
            ),
        }
        for kind in self._kinds:
            network = self.networks[f"{kind}_discriminator_{target}"]
            judged = network(fake)
            terms |= {
                f"adversarial_{kind}_{target}": (
                    lambda judged=judged: lsgan_generator(judged.scores),
                    config.adversarial_weight,
                ),
                f"activation_{kind}_{target}": (
                    lambda judged=judged: lsgan_generator(judged.logits),
                    config.adversarial_weight,
                ),
            }
        return weighted(terms)

    def translate(self, inputs, direction="a_to_b"):
        """See `TranslationMethod`. The mask comes from the heat map h.

        It is `(h - min h) / (max h - min h)` in each image, resized
        bilinearly. h is the heat map of the generator.
        """
        image = inputs["image"]
        translated, _, heat = self.networks[f"generator_{direction}"].parts(
            image
        )
        least, most = (
            reduce(heat, axis=(1, 2, 3), keepdims=True)
            for reduce in (tf.reduce_min, tf.reduce_max)
        )
        mask = (heat - least) / tf.maximum(most - least, SMALLEST_CHANGE)
        mask = tf.image.resize(mask, tf.shape(image)[1:3])
        return {"image": translated, "mask": tf.cast(mask, tf.float32)}
