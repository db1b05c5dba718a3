"""StarGAN: one generator that sets the attributes it is told."""

import tensorflow as tf

from tfmask.layers import torch_initializer
from tfmask.losses import (
    attribute_cross_entropy,
    l1,
    wasserstein_critic,
    wasserstein_generator,
)
from tfmask.methods.attributes import AttributeMethod
from tfmask.networks import AttributeDiscriminator, LabelGenerator
from tfmask.ops.change import change_map


class StarGAN(AttributeMethod):
    """One generator and one classifying discriminator (Choi et al. 2018).

    Code and paper: `generator` is G, `discriminator` is D with its heads
    D_src (scores) and D_cls (logits); `critic` and `penalty` make up
    -L_adv of Eq. (8) for D, `adversarial` is it for G;
    `classification_real` is Eq. (2), `classification_fake` Eq. (3),
    `cycle` L_rec of Eq. (4).

    Target attributes are a random permutation of the batch's, so that some
    equal the source's. D never learns to classify translations.

    Args:
        config: `StarGANConfig`, with `attributes` filled in.
        **kwargs: see `TranslationMethod`.

    Differs from the paper: no. From the authors' code: kernels start as
    there (PyTorch's default), biases at 0.
    """

    def __init__(self, config, **kwargs):
        super().__init__(config, **kwargs)
        count = len(config.attributes)
        self.generator = LabelGenerator(
            attributes=count,
            filters=config.filters,
            blocks=config.blocks,
            padding_mode=config.generator_padding,
        )
        self.discriminator = AttributeDiscriminator(
            attributes=count,
            filters=config.discriminator_filters,
            strided_layers=config.discriminator_layers,
            kernel_initializer=torch_initializer(),
        )
        for network in self.networks.values():
            network.build((None, *self.image_size, 3))
        self.built = True

    def loss_names(self, player):
        if player == "discriminator":
            names = ["critic", "penalty", "classification_real"]
        else:
            names = ["adversarial", "classification_fake", "cycle"]
        weights = {
            "penalty": self.config.penalty_weight,
            "cycle": self.config.cycle_weight,
            "classification_real": self.config.classification_weight,
            "classification_fake": self.config.classification_weight,
        }
        return [name for name in names if weights.get(name, 1.0)]

    def compute_losses(self, batch, players=None, training=True):
        image, source = batch["a"]["image"], batch["a"]["attributes"]
        target = self.permuted(source)
        fake = self.generator(image, target)
        losses = {}
        if "discriminator" in (players or self.players):
            losses["discriminator"] = self._discriminator_terms(
                image, source, tf.stop_gradient(fake)
            )
        if "generator" in (players or self.players):
            losses["generator"] = self._generator_terms(
                image, source, fake, target
            )
        return {
            player: {name: tf.reduce_mean(v) for name, v in terms.items()}
            for player, terms in losses.items()
        }

    def _discriminator_terms(self, image, source, fake):
        """Terms of D, (B,) each."""
        wanted = self.loss_names("discriminator")
        # One call on both: the same values, larger convolutions.
        scores, logits = self.discriminator(tf.concat([image, fake], axis=0))
        terms = {"critic": wasserstein_critic(*tf.split(scores, 2))}
        if "penalty" in wanted:
            terms["penalty"] = self.smoothness(
                lambda images: self.discriminator(images)[0], image, fake
            )
        if "classification_real" in wanted:
            terms["classification_real"] = attribute_cross_entropy(
                tf.split(logits, 2)[0], source
            )
        return terms

    def _generator_terms(self, image, source, fake, target):
        """Terms of G, (B,) each."""
        wanted = self.loss_names("generator")
        scores, logits = self.discriminator(fake)
        terms = {"adversarial": wasserstein_generator(scores)}
        if "classification_fake" in wanted:
            terms["classification_fake"] = attribute_cross_entropy(
                logits, target
            )
        if "cycle" in wanted:
            terms["cycle"] = l1(self.generator(fake, source), image)
        return terms

    def translate(self, inputs, direction="a_to_b"):
        """Sets attributes.

        Args:
            inputs: dict with `image` (B, H, W, 3) float in [-1, 1] and
                `attributes` (B, K) float 0/1, what the result shall have.
            direction: "a_to_b"; there is no other.

        Returns:
            dict with `image` (B, H, W, 3) float32 in [-1, 1] and `mask`
            (B, H, W, 1) float32 in [0, 1], the normalised change.
        """
        image = tf.cast(inputs["image"], tf.float32)
        output = self.generator(image, inputs["attributes"])
        return {"image": output, "mask": change_map(image, output)}
