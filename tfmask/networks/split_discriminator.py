"""A discriminator whose trunk can be left and entered at any layer."""

import keras

from tfmask.ops.arguments import constructor_arguments


class SplitDiscriminator(keras.Model):
    """Base of the discriminators that also classify.

    For every n, `heads(features(features(image, last=n), first=n))` is the
    result of a call. So a Grad-CAM can be taken at any layer.

    A network has `strided_layers` (int, layers of its trunk). It defines
    `trunk_layer` and `heads`.
    """

    def trunk_layer(self, level, inputs):
        """(B, H, W, C) to (B, H / 2, W / 2, c), after the activation."""
        raise NotImplementedError

    def heads(self, features):
        """`Judgement` with logits, of the whole trunk's features."""
        raise NotImplementedError

    def features(self, inputs, first=0, last=None):
        """Runs the trunk, or a part of it.

        Args:
            inputs: (B, H, W, C) float, the image or the result of an earlier
                part.
            first: int, layers that `inputs` went through already.
            last: int, layers that the result went through. None: all layers.

        Returns:
            (B, h, w, c) float, after the activation. If `first` is `last`, it
            is `inputs`.
        """
        outputs = inputs
        for level in range(self.strided_layers)[first:last]:
            outputs = self.trunk_layer(level, outputs)
        return outputs

    def call(self, image):
        return self.heads(self.features(image))

    def get_config(self):
        return {**super().get_config(), **constructor_arguments(self)}
