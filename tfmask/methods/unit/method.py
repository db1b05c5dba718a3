"""UNIT: two auto-encoders with one latent space."""

import tensorflow as tf

from tfmask.layers import normal_initializer
from tfmask.losses import (
    l1,
    lsgan_discriminator,
    lsgan_generator,
    mean_square,
    vanilla_discriminator,
    vanilla_generator,
)
from tfmask.methods.base import TranslationMethod, source_and_target
from tfmask.methods.players import Player, weighted
from tfmask.methods.two_domains import TwoDomains
from tfmask.methods.unit import METHOD
from tfmask.methods.unit.networks import (
    BranchDecoder,
    BranchEncoder,
    ResidualBlocks,
)
from tfmask.networks import (
    ContentDecoder,
    ContentEncoder,
    MultiScaleDiscriminator,
    judge_pair,
)
from tfmask.ops.change import change_map
from tfmask.ops.distribution import replica_normal

LOSSES = {
    "vanilla": (vanilla_generator, vanilla_discriminator),
    "lsgan": (lsgan_generator, lsgan_discriminator),
}
# Numbers of a step's random streams: each player's codes of a and b, and the
# codes of translations.
_STREAMS = {"discriminator": 60, "generator": 62, "cycle": 64}
_OTHER = {"a": "b", "b": "a"}


class UNIT(TwoDomains, TranslationMethod):
    """Images of both domains have codes in one space (Liu et al. 2017).

    Code and paper: `encoder_a` and `encoder_b` are E1 and E2. `decoder_a` and
    `decoder_b` are G1 and G2. Their shared layers are `shared_encoder` and
    `shared_decoder`. `discriminator_a` and `discriminator_b` are D1 and D2. A
    code is the mean of a normal distribution of variance 1. Training draws from
    this distribution. `reconstruction_a` and `code_a` are the two parts of
    L_VAE1, Eq. (3). `adversarial_a` and `discriminator_a` are those of L_GAN1,
    Eq. (4). `cycle_a` and `cycle_code_a` are those of L_CC1, Eq. (5).

    Args:
        config: `UNITConfig`.
        **kwargs: see `TranslationMethod`.

    Differs from the paper: the divergence is the mean of the squares of the
    code, without 1/2, as in all of the authors' codes. Differs from their code
    of 2017: the squares are those of the code without its noise, see
    docs/methods/unit.md.
    """

    spec = METHOD
    rounds = (("discriminator",), ("generator",))
    pools = {}

    def __init__(self, config, **kwargs):
        config = config.chosen
        super().__init__(config, **kwargs)
        shared = config.variant == "shared"
        drawn = {
            "kernel_initializer": normal_initializer(config.initializer_stddev)
        }
        if shared:
            branch = (config.filters, config.blocks - config.shared_blocks)
            common = (4 * config.filters, config.shared_blocks)
            self.encoder_a = BranchEncoder(*branch, **drawn)
            self.encoder_b = BranchEncoder(*branch, **drawn)
            self.shared_encoder = ResidualBlocks(*common, **drawn)
            self.shared_decoder = ResidualBlocks(*common, **drawn)
            self.decoder_a = BranchDecoder(*branch, **drawn)
            self.decoder_b = BranchDecoder(*branch, **drawn)
        else:
            size = {"filters": config.filters, "blocks": config.blocks}
            self.encoder_a = ContentEncoder(affine=False, **size)
            self.encoder_b = ContentEncoder(affine=False, **size)
            self.decoder_a = ContentDecoder(**size)
            self.decoder_b = ContentDecoder(**size)
        discriminator = {
            "scales": config.discriminator_scales,
            "filters": config.discriminator_filters,
            "strided_layers": config.discriminator_layers,
            "kernel_size": 3 if shared else 4,
            "padding_mode": "zero" if shared else "reflect",
            "slope": 0.01 if shared else 0.2,
            **drawn,
        }
        self.discriminator_a = MultiScaleDiscriminator(**discriminator)
        self.discriminator_b = MultiScaleDiscriminator(**discriminator)
        inner = ("shared_encoder", "shared_decoder", "decoder_a", "decoder_b")
        self.build_networks(**dict.fromkeys(inner, 4 * config.filters))

    @property
    def players(self):
        names = ["encoder_a", "encoder_b"]
        if self.config.variant == "shared":
            names += ["shared_encoder", "shared_decoder"]
        return TwoDomains.players | {
            "generator": Player((*names, "decoder_a", "decoder_b"))
        }

    def encode(self, images, domain):
        """(B, h, w, C): the codes of a domain's (B, 4h, 4w, 3) images."""
        features = self.networks[f"encoder_{domain}"](images)
        if self.config.variant == "shared":
            features = self.shared_encoder(features)
        return features

    def opened(self, codes):
        """(B, h, w, C) codes after the layers that both decoders share."""
        if self.config.variant == "shared":
            codes = self.shared_decoder(codes)
        return codes

    def drawn(self, codes, domain, training, stream):
        """Codes in training with this step's noise, N(0, 1).

        Args:
            codes: (B, h, w, C) float, codes of the images of a domain.
            domain: "a" or "b".
            training: bool.
            stream: int, the stream of the noise of domain a.
        """
        if not training:
            return codes
        seed = [self.seed + stream + (domain == "b"), self.step]
        return codes + replica_normal(codes, seed, codes.shape[1:])

    def crossed(self, codes, training, stream):
        """Decodes the codes of each domain into images of both domains.

        Args:
            codes: dict of domain to (B, h, w, C) float.
            training, stream: see `drawn`.

        Returns:
            Two dicts of a domain to its images (B, H, W, 3) float32. The first
            has images from codes of the same domain. The second has images from
            codes of the other domain.
        """
        features = self.opened(
            tf.concat(
                [
                    self.drawn(codes[domain], domain, training, stream)
                    for domain in ("a", "b")
                ],
                axis=0,
            )
        )
        from_a, from_b = {}, {}
        for domain in ("a", "b"):
            images = self.networks[f"decoder_{domain}"](features)
            from_a[domain], from_b[domain] = tf.split(images, 2)
        return (
            {"a": from_a["a"], "b": from_b["b"]},
            {"a": from_b["a"], "b": from_a["b"]},
        )

    def compute_losses(self, batch, players=None, training=True):
        players = players or self.players
        real = {domain: batch[domain]["image"] for domain in ("a", "b")}
        codes = {domain: self.encode(real[domain], domain) for domain in real}
        terms = {
            "generator": self._generator_terms,
            "discriminator": self._discriminator_terms,
        }
        return {
            player: weighted(
                terms[player](
                    real,
                    codes,
                    *self.crossed(codes, training, _STREAMS[player]),
                    training,
                )
            )
            for player in players
        }

    def _generator_terms(self, real, codes, same, fake, training):
        config = self.config
        loss, _ = LOSSES[config.adversarial_loss]
        terms = {}
        for domain, other in _OTHER.items():
            # The code of the image's translation. It is decoded back into the
            # domain of the image.
            again = self.encode(fake[other], other)
            noisy = self.drawn(again, domain, training, _STREAMS["cycle"])
            decoder = self.networks[f"decoder_{domain}"]
            terms |= {
                f"adversarial_{domain}": (
                    lambda domain=domain: loss(
                        self.judge(domain, fake[domain]).scores
                    ),
                    config.adversarial_weight,
                ),
                f"reconstruction_{domain}": (
                    lambda domain=domain: l1(same[domain], real[domain]),
                    config.reconstruction_weight,
                ),
                f"code_{domain}": (
                    lambda domain=domain: mean_square(codes[domain]),
                    config.code_weight,
                ),
                f"cycle_{domain}": (
                    lambda domain=domain, noisy=noisy, decoder=decoder: l1(
                        decoder(self.opened(noisy)), real[domain]
                    ),
                    config.cycle_weight,
                ),
                f"cycle_code_{domain}": (
                    lambda again=again: mean_square(again),
                    config.code_weight,
                ),
            }
        return terms

    def _discriminator_terms(self, real, codes, same, fake, training):
        _, loss = LOSSES[self.config.adversarial_loss]
        terms = {}
        for domain in ("a", "b"):
            judged = judge_pair(
                lambda images, domain=domain: self.judge(domain, images),
                real[domain],
                fake[domain],
            )
            terms[f"discriminator_{domain}"] = (
                lambda judged=judged: loss(*(j.scores for j in judged)),
                # The authors' code has the sum, our losses have half of it.
                2.0 * self.config.adversarial_weight,
            )
        return terms

    def translate(self, inputs, direction="a_to_b"):
        source, target = source_and_target(direction)
        image = inputs["image"]
        features = self.opened(self.encode(image, source))
        translated = self.networks[f"decoder_{target}"](features)
        return {"image": translated, "mask": change_map(image, translated)}
