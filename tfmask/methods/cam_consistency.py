"""CAM-consistency: an edit should change nothing outside of a Grad-CAM."""

import tensorflow as tf

from tfmask.losses import cam_consistency
from tfmask.methods.players import Term
from tfmask.ops.grad_cam import attended, map_layer
from tfmask.ops.images import resize_images
from tfmask.ops.schedules import linear_ramp


class CamConsistency:
    """Adds the CAM-consistency loss to an `AttributeMethod` (Kim 2021).

    A class must inherit from it before the other method, its host. Both players
    get the term `mean |(1 - M) (x - y)|`. x is the input, y is its translation,
    and M is the mask: the maximum of the Grad-CAMs of the changed attributes. M
    is constant for the generator. y is constant for the discriminator. The
    discriminator learns to look at the places that the generator changes. Its
    gradient goes through Grad-CAM itself, so it has second derivatives. The
    host's own terms and translations stay. `translate` returns M as mask.

    Code and paper: `cam_generator` and `cam_discriminator` are the terms of the
    players. `cam_coverage` is the mean of M. Near 1 it means a collapse.
    `cam_empty` is the share of maps that are 0 everywhere.

    Before `cam_start_epoch`, nothing is computed. If the weight of a player is
    0, nothing is computed for it. In these cases the losses and updates are
    those of the host.

    docs/methods/cam_consistency.md says which parts are from the paper and
    which are our choice.
    """

    def __init__(self, config, **kwargs):
        super().__init__(config, **kwargs)
        layers = self.discriminator.strided_layers
        self.cam_layer = config.cam_layer
        if self.cam_layer is None:
            self.cam_layer = map_layer(self.image_size[0], layers)
        if self.cam_layer > layers:
            raise ValueError(
                f"`cam_layer` must be at most {layers}, the discriminator's "
                f"layers. Got: {self.cam_layer}"
            )

    def cam_weight(self, player):
        """The full weight of a player's term; 0 if it has no term."""
        if player == "generator":
            return self.config.cam_generator_weight
        if self.config.cam_source == "none":
            return 0.0
        return self.config.cam_discriminator_weight

    def phase_at(self, step):
        """The critic's phase, and the names of the add-on's terms in it."""
        if step < self.steps_of(self.config.cam_start_epoch):
            return super().phase_at(step)
        return super().phase_at(step) + tuple(
            f"cam_{player}"
            for player in ("discriminator", "generator")
            if self.cam_weight(player)
        )

    def player_terms(self, player, edit, training):
        terms = super().player_terms(player, edit, training)
        weight, name = self.cam_weight(player), f"cam_{player}"
        if not weight:
            return terms
        if name not in self.phase:  # it begins later
            names = (name, "cam_coverage", "cam_empty")
            return terms | dict.fromkeys(names, Term(None, None))
        mask, empty = self.attended(edit, self.config.cam_source)
        if player == "generator":
            mask = tf.stop_gradient(mask)
        epochs = self.config.cam_start_epoch, self.config.cam_full_epoch
        weight *= linear_ramp(self.step, *map(self.steps_of, epochs))
        change = cam_consistency(edit.image, edit.output, mask)
        return terms | {
            name: Term(tf.reduce_mean(change), weight),
            "cam_coverage": Term(tf.reduce_mean(mask), None),
            "cam_empty": Term(empty, None),
        }

    def mask_of(self, edit):
        """The mask of images of any size.

        They are resized to the size of training, which the discriminator knows.
        """
        small = edit._replace(
            image=resize_images(edit.image, self.image_size),
            output=resize_images(edit.output, self.image_size),
        )
        source = self.config.cam_source
        mask, _ = self.attended(small, "both" if source == "none" else source)
        return tf.image.resize(mask, tf.shape(edit.image)[1:3])

    def attended(self, edit, cam_source):
        """Where the discriminator sees the changed attributes of an `Edit`.

        Args:
            edit: `Edit` of images that have the size of training.
            cam_source: images whose Grad-CAM counts, see `CamOptions`.

        Returns:
            mask: (B, H, W, 1) float32 in [0, 1]; it has gradients.
            empty: scalar float32, the share of maps that are 0 everywhere.
        """
        sides = {
            "real": (edit.image, edit.source),
            "fake": (edit.output, edit.target),
        }
        explained = [sides[k] for k in sides if cam_source in ("both", k)]
        if not explained:
            return tf.zeros_like(edit.image[..., :1]), tf.constant(0.0)
        return attended(
            self.discriminator,
            self.cam_layer,
            explained,
            tf.not_equal(edit.source, edit.target),
        )
