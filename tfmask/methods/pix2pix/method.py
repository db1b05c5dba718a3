"""pix2pix: translation learnt from pairs. cGAN and GAN are parts of it."""

from tfmask.losses import (
    lsgan_discriminator,
    lsgan_generator,
    vanilla_discriminator,
    vanilla_generator,
)
from tfmask.methods.base import source_and_target
from tfmask.methods.discriminator_first import DiscriminatorFirst
from tfmask.methods.paired import PairedMethod
from tfmask.methods.pix2pix import METHOD
from tfmask.methods.players import weighted
from tfmask.networks import PatchDiscriminator, judge_pair
from tfmask.ops.change import change_map

# The generator's and the discriminator's term.
_ADVERSARIAL = {
    "vanilla": (vanilla_generator, vanilla_discriminator),
    "lsgan": (lsgan_generator, lsgan_discriminator),
}


class Pix2Pix(DiscriminatorFirst, PairedMethod):
    """A generator and a discriminator of pairs (Isola et al. 2017).

    Code and paper: `generator` is G. `discriminator` is D. The terms
    `adversarial` and `discriminator` are the players' parts of L_cGAN, Eq. (1),
    or of L_GAN, Eq. (2), without `conditional`. `l1` is L_L1, Eq. (3).

    There is one direction, `config.direction`.

    Args:
        config: `Pix2PixConfig`.
        **kwargs: see `TranslationMethod`.

    Differs from the paper: there is no dropout in `translate`. So an image has
    one translation. It does not differ from the authors' code in any other
    way. `UNetGenerator` describes the normalisation in `translate`.
    """

    spec = METHOD

    def __init__(self, config, **kwargs):
        super().__init__(config, **kwargs)
        scales = {"gamma_stddev": config.initializer_stddev}
        self.generator = self.make_unet(**scales)
        self.discriminator = PatchDiscriminator(
            filters=config.discriminator_filters,
            strided_layers=config.discriminator_layers,
            **self.network_options,
            **scales,
        )
        self.build_networks()

    def made_of(self, batch, training):
        """Input, true output and translation: (B, H, W, 3) each."""
        source, target = source_and_target(self.config.direction)
        image, real = batch[source]["image"], batch[target]["image"]
        return image, real, self.generator(image, **self.step_options(training))

    def player_losses(self, players, trio):
        terms = {
            "discriminator": self._discriminator_terms,
            "generator": self._generator_terms,
        }
        return {player: weighted(terms[player](*trio)) for player in players}

    def _discriminator_terms(self, image, real, fake):
        _, loss = _ADVERSARIAL[self.config.adversarial_loss]

        def discriminator():
            pair = judge_pair(
                lambda images: self.discriminator(images, parts=2),
                self.judged(image, real),
                self.judged(image, fake),
            )
            return loss(*(judged.scores for judged in pair))

        return {"discriminator": (discriminator, 1.0)}

    def _generator_terms(self, image, real, fake):
        loss, _ = _ADVERSARIAL[self.config.adversarial_loss]

        def adversarial():
            return loss(self.discriminator(self.judged(image, fake)).scores)

        return {
            "adversarial": (adversarial, self.config.adversarial_weight)
        } | self.l1_term(fake, real)

    def translate(self, inputs, direction=None):
        """The inference path, without dropout.

        Args:
            inputs: dict with `image` (B, H, W, 3) float in [-1, 1].
            direction: the only one of `directions`.

        Returns:
            dict with `image` (B, H, W, 3) float32 in [-1, 1] and `mask`
            (B, H, W, 1) float32 in [0, 1], the normalised change.
        """
        image = inputs["image"]
        translated = self.generator(image)
        return {"image": translated, "mask": change_map(image, translated)}
