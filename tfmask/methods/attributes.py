"""Base of the methods that set attributes: StarGAN, AttGAN, STGAN."""

from typing import NamedTuple

import tensorflow as tf

from tfmask.losses import (
    attribute_cross_entropy,
    l1,
    wasserstein_critic,
    wasserstein_generator,
)
from tfmask.methods.critic import CriticMethod
from tfmask.methods.players import weighted
from tfmask.networks import judge_pair
from tfmask.ops.attributes import switched
from tfmask.ops.change import change_map
from tfmask.ops.errors import UserError
from tfmask.ops.images import resize_images
from tfmask.ops.precision import exact


class Edit(NamedTuple):
    """A batch and its translation.

    Attributes:
        image: (B, H, W, 3) in [-1, 1], the input.
        source: (B, K) 0/1, attributes of the input.
        target: (B, K) 0/1, attributes that its translation should have.
        output: (B, H, W, 3) in [-1, 1], the translation.
    """

    image: tf.Tensor
    source: tf.Tensor
    target: tf.Tensor
    output: tf.Tensor


class AttributeMethod(CriticMethod):
    """A generator that sets attributes, and a critic that also classifies.

    There is one direction, "a_to_b": from any image to any attributes. In
    training, the wanted attributes are a random permutation of the attributes
    of the batch. So some are equal to those of the source. The critic never
    learns to classify translations.

    A method makes `generator` and `discriminator` (which gives scores and
    logits), and defines `edit`, `restore` and `weights_of_terms`.

    Args:
        config: the method's frozen dataclass with `attributes` (names, as in
            the data) and `exclusive` (names).
        **kwargs: see `TranslationMethod`.

    Attributes:
        reduction: reduction of the classification terms over attributes, see
            `attribute_cross_entropy`.
        reconstruction: the name of the generator's term that compares the
            restored image with the input.

    Raises:
        UserError: the config names no attributes.
    """

    directions = ("a_to_b",)
    reduction = "sum"
    reconstruction = "cycle"

    def __init__(self, config, **kwargs):
        if not config.attributes:
            raise UserError(
                f"{type(self).__name__} needs data with attributes: "
                "`synthetic:attributes`, or see docs/data.md."
            )
        super().__init__(config, **kwargs)

    def edit(self, image, source, target, training=False):
        """The translation of images.

        Args:
            image: (B, H, W, 3) in [-1, 1].
            source: (B, K) 0/1, attributes that they have.
            target: (B, K), attributes that they should have.
            training: bool.

        Returns:
            (B, H, W, 3) float32 in [-1, 1].
        """
        raise NotImplementedError

    def restore(self, edit, training=False):
        """(B, H, W, 3), the result that should be equal to the input."""
        raise NotImplementedError

    @property
    def weights_of_terms(self):
        """dict of terms to their weights. A term of weight 0 is left out."""
        raise NotImplementedError

    def compute_losses(self, batch, players=None, training=True):
        image, source = batch["a"]["image"], batch["a"]["attributes"]
        target = self.permuted(source)
        output = self.edit(image, source, target, training)
        losses = {}
        for player in players or self.players:
            edit = Edit(image, source, target, output)
            if player == "discriminator":
                edit = edit._replace(output=tf.stop_gradient(output))
            losses[player] = self.player_terms(player, edit, training)
        return losses

    def player_terms(self, player, edit, training):
        """dict of name to `Term` of one player. Add-ons add their terms.

        Args:
            player: "generator" or "discriminator".
            edit: `Edit`. Its `output` has no gradient for a discriminator.
            training: bool.
        """
        if player == "discriminator":
            return self._discriminator_terms(edit)
        return self._generator_terms(edit, training)

    def _discriminator_terms(self, edit):
        weights = self.weights_of_terms
        real, fake = judge_pair(self.discriminator, edit.image, edit.output)
        return weighted(
            {
                "critic": (
                    lambda: wasserstein_critic(real.scores, fake.scores),
                    1.0,
                ),
                "penalty": (
                    lambda: self.smoothness(
                        self.discriminator, edit.image, edit.output
                    ),
                    weights["penalty"],
                ),
                "classification_real": (
                    lambda: attribute_cross_entropy(
                        real.logits, edit.source, self.reduction
                    ),
                    weights["classification_real"],
                ),
            }
        )

    def _generator_terms(self, edit, training):
        weights = self.weights_of_terms
        judged = self.discriminator(edit.output)
        return weighted(
            {
                "adversarial": (
                    lambda: wasserstein_generator(judged.scores),
                    1.0,
                ),
                "classification_fake": (
                    lambda: attribute_cross_entropy(
                        judged.logits, edit.target, self.reduction
                    ),
                    weights["classification_fake"],
                ),
                self.reconstruction: (
                    lambda: l1(self.restore(edit, training), edit.image),
                    weights[self.reconstruction],
                ),
            }
        )

    def seen_in(self, image):
        """The attributes that the discriminator finds in images.

        Args:
            image: (B, H, W, 3) in [-1, 1], of any size. It is resized to the
                size of training.

        Returns:
            (B, K) float32 0/1: 1 if the logit is above 0.
        """
        image = resize_images(image, self.image_size)
        return tf.cast(self.discriminator(image).logits > 0.0, image.dtype)

    def mask_of(self, edit):
        """(B, H, W, 1) float32 in [0, 1], the mask of `translate`."""
        return change_map(edit.image, edit.output)

    def translate(self, inputs, direction="a_to_b"):
        """Sets attributes.

        Args:
            inputs: dict with `image` (B, H, W, 3) float in [-1, 1] and
                `attributes` (B, K) float: 1 on, 0 off, below 0 as the
                discriminator sees it in the image. It may have
                `source_attributes` (B, K) float 0/1, the attributes of the
                image. Without it, they are those that the discriminator sees.
            direction: "a_to_b". There is no other direction.

        Returns:
            dict with `image` (B, H, W, 3) float32 in [-1, 1] and `mask`
            (B, H, W, 1) float32 in [0, 1], see `spec`.
        """
        image = exact(inputs["image"])
        target = tf.cast(inputs["attributes"], image.dtype)
        source = inputs.get("source_attributes")
        if source is None:
            source = self.seen_in(image)
        source = tf.cast(source, image.dtype)
        target = tf.where(target < 0.0, source, target)
        output = self.edit(image, source, target)
        mask = self.mask_of(Edit(image, source, target, output))
        return {"image": output, "mask": mask}

    @property
    def exclusive(self):
        """Positions of the attributes that exclude each other."""
        names = self.config.attributes
        return [names.index(name) for name in self.config.exclusive]

    def images_to_show(self, batch):
        """The input, and the input with one attribute switched, for each.

        If the masks are not just the change, they are shown, too.
        """
        real = batch["a"]["image"]
        before = batch["a"]["attributes"]
        shown = {"real": real}
        for position, name in enumerate(self.config.attributes):
            target = switched(before, position, self.exclusive)
            answer = self.translate(
                {
                    "image": real,
                    "attributes": target,
                    "source_attributes": before,
                }
            )
            shown[f"switched_{name}"] = answer["image"]
            if self.spec.mask_kind != "change":
                shown[f"mask_{name}"] = answer["mask"]
        return shown
