"""LOMIT: puts the style of an exemplar's foreground into an image."""

from typing import NamedTuple

import tensorflow as tf

from tfmask.losses import (
    attribute_cross_entropy,
    l1,
    mask_area,
    mask_similarity,
    mask_variation,
    style_distance,
    wasserstein_critic,
    wasserstein_generator,
)
from tfmask.methods.critic import CriticMethod
from tfmask.methods.lomit import METHOD
from tfmask.methods.players import weighted
from tfmask.networks import (
    AttributeDiscriminator,
    ContentEncoder,
    CoSegmentation,
    HighwayDecoder,
    StyleEncoder,
    judge_pair,
)
from tfmask.ops.distribution import replica_count
from tfmask.ops.errors import UserError
from tfmask.ops.precision import exact
from tfmask.ops.soft_masks import given_or, upsampled


class Codes(NamedTuple):
    """The codes of 2B images: B inputs, then their B exemplars.

    Attributes:
        content: (2B, h, w, C).
        masks: (2B, h, w, 1) in (0, 1). Each is found with the gate of its
            partner.
        foreground: (2B, S), style inside of the mask.
        background: (2B, S), style outside of it.
    """

    content: tf.Tensor
    masks: tf.Tensor
    foreground: tf.Tensor
    background: tf.Tensor


def swapped(values):
    """The value of every example's partner: the halves change places."""
    first, second = tf.split(values, 2)
    return tf.concat([second, first], axis=0)


def _both_directions(values):
    """The sum of the means of both directions, from (2B,) values."""
    return 2.0 * tf.reduce_mean(values)


class LOMIT(CriticMethod):
    """Local translation by mask exchange and HAdaIN.

    Code and paper: `content_encoder` is E_c. `style_encoder` is E_s^f and
    E_s^b. `segmentation` is the co-segmentation network (g and A). `decoder` is
    HAdaIN with its MLPs and G. `discriminator` is D_src and D_cls. Masks have a
    quarter of the image's size. Losses are sums over both directions. `critic`,
    `penalty` and `adversarial` are the parts of Eq. (10). `classification_real`
    is Eq. (11). `classification_fake` is Eq. (12). `style_foreground`,
    `style_background` and `content` are the latent terms. `cycle` is L_cyc.
    `reconstruction` is L_x. `mask_similarity` is R1. `style_distance` is R2.
    `mask_area` is R3.

    `translate` has one direction, "a_to_b": the image of a gets the foreground
    style of its exemplar, b. Training uses both directions.

    Args:
        config: `LOMITConfig`, with `attributes` filled in.
        **kwargs: see `TranslationMethod`.

    Raises:
        UserError: the config names no attributes.

    Paper: LOMIT with highway adaptive instance normalisation, 2019.
    Differs from the paper: means over pixels take the place of sums.
    docs/methods/lomit.md says how it differs from the authors' code.
    """

    spec = METHOD
    directions = ("a_to_b",)
    multiple = 16
    generators = (
        "content_encoder",
        "style_encoder",
        "segmentation",
        "decoder",
    )

    def __init__(self, config, **kwargs):
        if not config.attributes:
            raise UserError(
                "LOMIT needs data with attributes: `synthetic:attributes`, or "
                "see docs/data.md."
            )
        super().__init__(config, **kwargs)
        size = {"filters": config.filters}
        channels = 4 * config.filters
        self.content_encoder = ContentEncoder(blocks=config.blocks, **size)
        self.style_encoder = StyleEncoder(
            size=config.style_size, tie_heads=config.tie_style_heads, **size
        )
        self.segmentation = CoSegmentation(
            channels, depth=config.mask_layers, normalization=config.mask_norm
        )
        self.decoder = HighwayDecoder(
            blocks=config.blocks,
            style_size=config.style_size,
            hidden=config.style_hidden,
            scale_form=config.scale_form,
            deviation=config.adain_deviation,
            **size,
        )
        self.discriminator = AttributeDiscriminator(
            attributes=len(config.attributes),
            filters=config.discriminator_filters,
            strided_layers=config.discriminator_layers,
            padding_mode="reflect",
            head_bias=True,
        )
        self.build_networks(segmentation=channels, decoder=channels)

    def masks_of(self, content, other, parts=1, mode="inference"):
        """The masks of contents. Each mask depends on the content's partner.

        Args:
            content: (parts * B, h, w, C) float.
            other: (parts * B, h', w', C) float, contents of the partners.
            parts, mode: see `CoSegmentation`.

        Returns:
            (parts * B, h, w, 1) float32 in (0, 1).
        """
        if self.config.whole_image:
            return tf.ones_like(exact(content[..., :1]))
        return self.segmentation(content, other, parts=parts, mode=mode)

    def styles_of(self, images, masks):
        """(B, S) foreground and background styles of masked images."""
        masks_at_size = upsampled(masks, images)
        return self.style_encoder(
            masks_at_size * images, (1.0 - masks_at_size) * images
        )

    def codes_of(self, images, mode):
        """`Codes` of 2B images."""
        content = self.content_encoder(images)
        masks = self.masks_of(content, swapped(content), 2, mode)
        return Codes(content, masks, *self.styles_of(images, masks))

    def exchanged(self, codes):
        """(2B, H, W, 3), the translations of both directions.

        The first B are inputs in the foreground style of their exemplars. The
        others are exemplars in the foreground style of their inputs.
        """
        return self.decoder(
            codes.content,
            codes.masks,
            swapped(codes.foreground),
            codes.background,
        )

    def compute_losses(self, batch, players=None, training=True):
        players = players or self.players
        images, attributes = (
            tf.concat([batch["a"][name], batch["b"][name]], axis=0)
            for name in ("image", "attributes")
        )
        losses = {}
        # The fakes of the discriminator. Each has one content, style and mask.
        if "discriminator" in players:
            mode = "batch" if training else "inference"
            fake = self.exchanged(self.codes_of(images, mode))
            losses["discriminator"] = self._discriminator_terms(
                images, attributes, tf.stop_gradient(fake)
            )
        if "generator" in players:
            mode = "update" if training else "inference"
            losses["generator"] = self._generator_terms(
                images, attributes, mode
            )
        return {
            player: weighted(terms, _both_directions)
            for player, terms in losses.items()
        }

    def _discriminator_terms(self, images, attributes, fake):
        """Terms of D for `weighted`, (2B,) each."""
        config = self.config
        real, judged_fake = judge_pair(self.discriminator, images, fake)
        return {
            "critic": (
                lambda: wasserstein_critic(real.scores, judged_fake.scores),
                1.0,
            ),
            "penalty": (
                lambda: self.smoothness(
                    self.discriminator, images, fake, parts=2
                ),
                config.penalty_weight,
            ),
            "classification_real": (
                lambda: attribute_cross_entropy(real.logits, attributes),
                config.classification_weight,
            ),
        }

    def _generator_terms(self, images, attributes, mode):
        """Terms of the other networks for `weighted`, (2B,) each.

        They need six passes of the decoder.
        """
        config = self.config
        content = self.content_encoder(images)
        # m1 and m2 are found with the gate of the partner, m11 and m22 with
        # their own gates.
        own = swapped(content)
        masks, own_masks = tf.split(
            self.masks_of(
                tf.concat([content, content], axis=0),
                tf.concat([own, content], axis=0),
                4,
                mode,
            ),
            2,
        )
        codes = Codes(content, masks, *self.styles_of(images, masks))
        # The styles of x11 and x22 are those of the exchanged masks.
        fake, same = tf.split(
            self.decoder(
                tf.concat([content, content], axis=0),
                tf.concat([masks, own_masks], axis=0),
                tf.concat(
                    [swapped(codes.foreground), codes.foreground], axis=0
                ),
                tf.concat([codes.background, codes.background], axis=0),
            ),
            2,
        )
        again = self.codes_of(fake, mode)
        judged = self.discriminator(fake)
        all_masks = (masks, again.masks, own_masks)
        return {
            "adversarial": (lambda: wasserstein_generator(judged.scores), 1.0),
            "classification_fake": (
                lambda: attribute_cross_entropy(
                    judged.logits, swapped(attributes)
                ),
                config.classification_weight,
            ),
            "style_foreground": (
                lambda: l1(again.foreground, swapped(codes.foreground)),
                config.style_foreground_weight,
            ),
            "style_background": (
                lambda: l1(again.background, codes.background),
                config.style_background_weight,
            ),
            "content": (
                lambda: l1(again.content, content),
                config.content_weight,
            ),
            "cycle": (
                lambda: l1(self.exchanged(again), images),
                config.cycle_weight,
            ),
            "reconstruction": (
                lambda: l1(same, images),
                config.reconstruction_weight,
            ),
            # (B,). Half of it, because the sum over both sides counts each pair
            # twice.
            "style_distance": (
                lambda: (
                    0.5
                    * style_distance(
                        *tf.split(codes.foreground, 2),
                        config.style_distance_max,
                    )
                ),
                config.style_distance_weight,
            ),
            # All three masks of a side use the first content, without its
            # gradient.
            "mask_similarity": (
                lambda: tf.add_n(
                    [mask_similarity(mask, content) for mask in all_masks]
                ),
                config.mask_similarity_weight,
            ),
            "mask_area": (
                lambda: tf.add_n(
                    [
                        mask_area(mask, config.mask_area_reduction)
                        for mask in all_masks
                    ]
                ),
                config.mask_area_weight,
            ),
            # The authors' code has a sum over the batch: B times the mean.
            "mask_variation": (
                lambda: tf.add_n(
                    [
                        mask_variation(mask) * self._inputs_of(mask)
                        for mask in all_masks
                    ]
                ),
                config.mask_variation_weight,
            ),
        }

    def _inputs_of(self, values):
        """Number of inputs in the global batch, float32; rows are (2B, ...)."""
        return tf.cast(tf.shape(values)[0] // 2 * replica_count(), values.dtype)

    def predict_masks(self, inputs):
        """Both masks at a quarter of the image's size, as in `translate`.

        Args:
            inputs: dict with `image` and `exemplar`.

        Returns:
            dict with `mask` and `exemplar_mask`, (B, H/4, W/4, 1) float32
            in (0, 1), for `translate` or an editor.
        """
        content, other = self._contents(inputs)
        return {
            "mask": self.masks_of(content, other),
            "exemplar_mask": self.masks_of(other, content),
        }

    def _contents(self, inputs):
        return tuple(
            self.content_encoder(exact(inputs[name]))
            for name in ("image", "exemplar")
        )

    def translate(self, inputs, direction="a_to_b"):
        """Puts the exemplar's foreground style into the image's foreground.

        Args:
            inputs: dict with `image` (B, H, W, 3) and `exemplar`
                (B, H', W', 3) float in [-1, 1], sides multiples of 16; and
                perhaps `mask` and `exemplar_mask`, float of one channel. They
                replace the masks that the network finds. They have a quarter of
                the size, or are larger (then averaged by area), and are clipped
                to [0, 1]. The network finds a mask that is empty, (B, 0, 0, 1).
            direction: "a_to_b"; there is no other.

        Returns:
            dict with `image` (B, H, W, 3) float32 in (-1, 1), `mask`
            (B, H, W, 1) and `exemplar_mask` (B, H', W', 1) float32 in [0, 1]:
            the used masks, upsampled.
        """
        images = {name: exact(inputs[name]) for name in ("image", "exemplar")}
        content, other = self._contents(images)
        masks = {}
        for name, own, partner in (
            ("mask", content, other),
            ("exemplar_mask", other, content),
        ):
            masks[name] = given_or(
                lambda c=own, o=partner: self.masks_of(c, o),
                inputs.get(name),
                own,
            )
        mask = upsampled(masks["mask"], images["image"])
        exemplar_mask = upsampled(masks["exemplar_mask"], images["exemplar"])
        translated = self.decoder(
            content,
            masks["mask"],
            self.style_encoder.foreground(exemplar_mask * images["exemplar"]),
            self.style_encoder.background((1.0 - mask) * images["image"]),
        )
        return {
            "image": translated,
            "mask": mask,
            "exemplar_mask": exemplar_mask,
        }

    def images_to_show(self, batch):
        """Input, exemplar, both masks and the translation."""
        image, exemplar = batch["a"]["image"], batch["b"]["image"]
        answer = self.translate({"image": image, "exemplar": exemplar})
        return {
            "real_a": image,
            "mask_a": answer["mask"],
            "exemplar_b": exemplar,
            "mask_b": answer["exemplar_mask"],
            "fake_b": answer["image"],
        }
