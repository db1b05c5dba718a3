"""DRIT: several translations of one image, by content and attributes."""

import tensorflow as tf

from tfmask.losses import (
    l1,
    mean_square,
    mode_seeking,
    normal_divergence,
    vanilla_discriminator,
    vanilla_generator,
    vanilla_undecided,
)
from tfmask.methods.answers import answers_to_show, random_codes
from tfmask.methods.base import (
    DIRECTIONS,
    TranslationMethod,
    source_and_target,
)
from tfmask.methods.drit import METHOD
from tfmask.methods.drit.assembly import (
    DOMAINS,
    channels_of,
    discriminators,
    new_networks,
)
from tfmask.methods.drit.networks import large_enough
from tfmask.methods.players import Player, weighted
from tfmask.networks import judge_pair
from tfmask.ops.change import change_map
from tfmask.ops.distribution import replica_normal
from tfmask.ops.precision import exact

_CLIP_NORM = 5.0
# Numbers of the random streams of a step.
_NOISE, _NOISE_AGAIN = {"a": 50, "b": 51}, {"a": 52, "b": 53}
_SAMPLE, _SAMPLE_AGAIN = {"a": 54, "b": 55}, {"a": 56, "b": 57}
_CODES = (58, 59)


class DRIT(TranslationMethod):
    """Contents that both domains share, and attributes of each domain.

    Code and paper: `content_encoder_a`, `content_encoder_b` and
    `shared_encoder` are E^c_X and E^c_Y. `attribute_encoder_a` and `_b` are
    E^a_X and E^a_Y. `decoder_a` and `decoder_b` (with `shared_decoder`) are G_X
    and G_Y. `discriminator_a` and `_b` are D_X and D_Y. `content_discriminator`
    is D^c. `random_discriminator_a` and `_b` judge translations with random
    attributes. `content_adversarial_*` is L^content_adv. `cross_cycle_*` is
    L^cc_1. `reconstruction_*` is L^recon_1. `adversarial_*` is L^domain_adv.
    `attribute_prior_*` is L_KL. `latent_*` is L^latent_1. `mode_seeking_*` is
    L_ms.

    Half of a batch gives contents and attributes. The other half has the real
    images for judging translations with random attributes. A batch of one image
    serves both.

    Four players learn one after another. Each learns from a pass with the
    weights that the players before have left. The first are the discriminators,
    the second is the content discriminator. The third are all encoders and
    decoders. The fourth are the same without the attribute encoders; they learn
    from the random translations. All except the content discriminator learn in
    every third step.

    Args:
        config: `DRITConfig`.
        **kwargs: see `TranslationMethod`.

    Raises:
        UserError: `image_size` is too small for the discriminators.

    Paper: Lee et al. 2018 (DRIT) and 2020 (DRIT++). Differs from the papers:
    docs/methods/drit.md.
    """

    spec = METHOD
    rounds = (
        ("discriminator",),
        ("content_discriminator",),
        ("generator",),
        ("random",),
    )

    def __init__(self, config, **kwargs):
        super().__init__(config, **kwargs)
        for name, network in new_networks(config, self.image_size).items():
            setattr(self, name, network)
        self.build_networks(**channels_of(config))

    @property
    def players(self):
        rare = {"every": self.config.content_steps}
        judges = discriminators(self.config)
        contents = (
            *(f"content_encoder_{domain}" for domain in DOMAINS),
            *(f"decoder_{domain}" for domain in DOMAINS),
            "shared_encoder",
            *(("shared_decoder",) if self.config.concat else ()),
        )
        attributes = tuple(f"attribute_encoder_{domain}" for domain in DOMAINS)
        return {
            "discriminator": Player(
                tuple(f"{kind}_{d}" for kind in judges for d in DOMAINS),
                optimizer="discriminator",
                **rare,
            ),
            "content_discriminator": Player(
                ("content_discriminator",),
                optimizer="content",
                clip_norm=_CLIP_NORM,
            ),
            "generator": Player((*contents, *attributes), **rare),
            # The authors' optimizers of contents and decoders learn twice.
            "random": Player(contents, partner="generator", **rare),
        }

    # Encoders and decoders.

    def content_of(self, domain, image, noise=None):
        """The contents of a domain's images, which both domains can have.

        Args:
            domain: "a" or "b".
            image: (B, H, W, 3) float in [-1, 1].
            noise: int, the stream of the noise. None: there is no noise.

        Returns:
            (B, H/4, W/4, 4f) float.
        """
        content = self.networks[f"content_encoder_{domain}"](image)
        content = self.shared_encoder(content)
        if noise is None or not self.config.noise:
            return content
        drawn = self._drawn(noise, content, content.shape[1:])
        return content + self.config.noise * drawn

    def attributes_of(self, domain, image, sample=None):
        """The attributes of a domain's images, which only this domain has.

        Args:
            domain: "a" or "b".
            image: (B, H, W, 3) float in [-1, 1].
            sample: int, the stream of the codes if `config.concat`. None: the
                codes are their means.

        Returns:
            ((B, S) codes, (B,) their distances from N(0, 1)).
        """
        encoded = self.networks[f"attribute_encoder_{domain}"](image)
        if not self.config.concat:
            return encoded, mean_square(encoded)
        mean, log_variance = encoded
        far = normal_divergence(mean, log_variance)
        if sample is None:
            return mean, far
        drawn = self._drawn(sample, mean, mean.shape[1:])
        return mean + tf.exp(0.5 * log_variance) * drawn, far

    def decoded(self, domain, content, codes):
        """(B, H, W, 3) images of a domain with contents and attributes."""
        if self.config.concat:
            content = self.shared_decoder(content)
        return self.networks[f"decoder_{domain}"](content, codes)

    def _drawn(self, stream, like, shape):
        """A step's numbers from N(0, 1): (B, *shape), with `like`'s dtype."""
        seed = tf.stack([self.seed + stream, self.step])
        return replica_normal(like, seed, shape)

    # Losses.

    def compute_losses(self, batch, players=None, training=True):
        players = players or self.players
        real, others = {}, {}
        for domain in DOMAINS:
            images = batch[domain]["image"]
            # The first half of a batch would differ between replicas and one
            # device.
            several = images.shape[0] != 1
            real[domain] = images[0::2] if several else images
            others[domain] = images[1::2] if several else images
        contents = {
            domain: self.content_of(
                domain, real[domain], _NOISE[domain] if training else None
            )
            for domain in DOMAINS
        }
        terms = {
            "discriminator": lambda: self._discriminator_terms(
                real, others, contents
            ),
            "content_discriminator": lambda: self._content_terms(contents),
            "generator": lambda: self._generator_terms(
                real, contents, training
            ),
            "random": lambda: self._random_terms(contents),
        }
        return {player: weighted(terms[player]()) for player in players}

    def _codes(self, contents):
        """The random codes of a step: two with mode seeking, else one."""
        like = exact(contents["a"])
        count = 2 if self.config.mode_seeking_weight else 1
        size = [self.config.style_size]
        return [self._drawn(stream, like, size) for stream in _CODES[:count]]

    def _random_fakes(self, contents, codes):
        """dict of domain to a list of its translations, one for each code."""
        fakes = {}
        for direction in DIRECTIONS:
            source, target = source_and_target(direction)
            # One call for all gives the same values with larger convolutions.
            fakes[target] = tf.split(
                self.decoded(
                    target,
                    tf.concat([contents[source]] * len(codes), axis=0),
                    tf.concat(codes, axis=0),
                ),
                len(codes),
            )
        return fakes

    def _random_judge(self, domain):
        """The discriminator of translations with random attributes."""
        own = self.config.random_discriminators
        kind = "random_discriminator" if own else "discriminator"
        return self.networks[f"{kind}_{domain}"]

    def _discriminator_terms(self, real, others, contents):
        random = self._random_fakes(contents, self._codes(contents))
        terms = {}
        # The authors' code does not halve the cross-entropies.
        weight = 2.0 * self.config.adversarial_weight
        for direction in DIRECTIONS:
            source, target = source_and_target(direction)
            codes, _ = self.attributes_of(target, real[target], _SAMPLE[target])
            fake = self.decoded(target, contents[source], codes)
            encoded = judge_pair(
                self.networks[f"discriminator_{target}"], real[target], fake
            )
            judge, fakes = self._random_judge(target), random[target]
            beside = [judge_pair(judge, others[target], f) for f in fakes]
            terms |= {
                f"encoded_{target}": (
                    lambda both=encoded: vanilla_discriminator(
                        *(judged.scores for judged in both)
                    ),
                    weight,
                ),
                f"random_{target}": (
                    lambda pairs=beside: tf.add_n(
                        [
                            vanilla_discriminator(
                                real.scores, judged_fake.scores
                            )
                            for real, judged_fake in pairs
                        ]
                    ),
                    weight,
                ),
            }
        return terms

    def _content_terms(self, contents):
        first, second = judge_pair(
            self.content_discriminator, contents["b"], contents["a"]
        )
        return {
            "domain": (
                lambda: vanilla_discriminator(first.scores, second.scores),
                2.0,
            )
        }

    def _generator_terms(self, real, contents, training):
        config = self.config
        codes, far, fake, same, again = {}, {}, {}, {}, {}
        for domain in DOMAINS:
            codes[domain], far[domain] = self.attributes_of(
                domain, real[domain], _SAMPLE[domain]
            )
        for direction in DIRECTIONS:
            source, target = source_and_target(direction)
            fake[target], same[target] = tf.split(
                self.decoded(
                    target,
                    tf.concat([contents[source], contents[target]], axis=0),
                    tf.concat([codes[target], codes[target]], axis=0),
                ),
                2,
            )
        # The attributes go back to their domain. Each image is decoded from the
        # content of its translation and from its own attributes.
        for direction in DIRECTIONS:
            source, target = source_and_target(direction)
            noise = _NOISE_AGAIN[target] if training else None
            content = self.content_of(target, fake[target], noise)
            looks, _ = self.attributes_of(
                source, fake[source], _SAMPLE_AGAIN[source]
            )
            again[source] = self.decoded(source, content, looks)
        terms = {}
        for domain in DOMAINS:
            terms |= {
                f"adversarial_{domain}": (
                    lambda d=domain: vanilla_generator(
                        self.networks[f"discriminator_{d}"](fake[d]).scores
                    ),
                    config.adversarial_weight,
                ),
                f"content_adversarial_{domain}": (
                    lambda d=domain: vanilla_undecided(
                        self.content_discriminator(contents[d]).scores
                    ),
                    config.content_adversarial_weight,
                ),
                f"cross_cycle_{domain}": (
                    lambda d=domain: l1(again[d], real[d]),
                    config.cross_cycle_weight,
                ),
                f"reconstruction_{domain}": (
                    lambda d=domain: l1(same[d], real[d]),
                    config.reconstruction_weight,
                ),
                f"attribute_prior_{domain}": (
                    lambda d=domain: far[d],
                    config.attribute_prior_weight,
                ),
                f"content_prior_{domain}": (
                    lambda d=domain: mean_square(contents[d]),
                    config.content_prior_weight,
                ),
            }
        return terms

    def _random_terms(self, contents):
        config = self.config
        codes = self._codes(contents)
        fakes = self._random_fakes(contents, codes)
        terms = {}
        for domain in DOMAINS:
            translated = fakes[domain]
            judge = self._random_judge(domain)
            terms |= {
                f"adversarial_{domain}": (
                    lambda translated=translated, judge=judge: tf.add_n(
                        [vanilla_generator(judge(x).scores) for x in translated]
                    ),
                    config.adversarial_weight,
                ),
                f"latent_{domain}": (
                    lambda d=domain, translated=translated: l1(
                        self.attributes_of(d, translated[0])[0], codes[0]
                    ),
                    config.latent_weight,
                ),
                f"mode_seeking_{domain}": (
                    lambda translated=translated: mode_seeking(
                        *translated, *codes
                    ),
                    config.mode_seeking_weight,
                ),
            }
        return terms

    # Translations.

    def translate(self, inputs, direction="a_to_b"):
        """An image's content with attributes of the other domain.

        Args:
            inputs: dict with `image` (B, H, W, 3) float in [-1, 1], sides
                multiples of 4. It may have `style_seed` (B,) int, the number of
                the random attributes (0 if it is missing). Or it may have
                `exemplar` (B, H', W', 3) float in [-1, 1] of the other domain,
                with sides of 8 pixels or more. Then the result has its
                attributes (the means of their distribution).
            direction: "a_to_b" or "b_to_a".

        Returns:
            dict with `image` (B, H, W, 3) float32 in (-1, 1) and `mask`
            (B, H, W, 1) float32 in [0, 1], the normalised change.
        """
        source, target = source_and_target(direction)
        image, exemplar = inputs["image"], inputs.get("exemplar")
        if exemplar is None:
            codes = random_codes(inputs, self.config.style_size)
        else:
            codes, _ = self.attributes_of(target, large_enough(exemplar))
        translated = self.decoded(target, self.content_of(source, image), codes)
        return {"image": translated, "mask": change_map(image, translated)}

    def images_to_show(self, batch):
        return answers_to_show(self, batch)
