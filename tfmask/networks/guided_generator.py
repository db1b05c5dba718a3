"""A generator that is told where to look."""

import keras

from tfmask.layers import AttentionTransfer


class GuidedGenerator(keras.Model):
    """Translates an image together with an attention map.

    It is `G(x (+) M)`: `AttentionTransfer`, then any generator.

    Args:
        generator: network of (B, H, W, C) inputs, not built yet.
        transfer: "multiply" (C is 3) or "rgba" (C is 4).
        learnable_alpha: see `AttentionTransfer`.
        **kwargs: arguments of `keras.Model`.

    Call arguments:
        image: (B, H, W, 3) float in [-1, 1].
        attention: (B, h, w, 1) float in [0, 1], of any size. No gradient
            reaches it.
        training, seed: passed to a generator that takes them, such as
            `UNetGenerator`, if they are given.

    Returns:
        The result of the generator.

    Paper: GuideGAN, section 3.3.
    Differs from the paper: no.
    """

    def __init__(
        self, generator, *, transfer="multiply", learnable_alpha=False, **kwargs
    ):
        super().__init__(**kwargs)
        self.generator = generator
        self.transfer = AttentionTransfer(
            transfer, learnable_alpha=learnable_alpha
        )

    def build(self, input_shape):
        self.transfer.build(input_shape)
        self.generator.build((*input_shape[:-1], self.transfer.channels))
        self.built = True

    def call(self, image, attention, training=False, seed=None):
        options = {"training": training} if training else {}
        if seed is not None:
            options["seed"] = seed
        return self.generator(self.transfer(image, attention), **options)
