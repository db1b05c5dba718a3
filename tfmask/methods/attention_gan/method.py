"""AttentionGAN: CycleGAN whose generators copy the background."""

import dataclasses

from tfmask.methods.attention_gan import METHOD
from tfmask.methods.attention_gan.networks import AttentionGenerator
from tfmask.methods.cyclegan import METHOD as CYCLEGAN
from tfmask.methods.cyclegan.method import CycleGAN
from tfmask.methods.mask_lessons import MaskLessons
from tfmask.ops.change import change_map


class AttentionGAN(MaskLessons, CycleGAN):
    """CycleGAN with a generator that blends contents (Tang et al. 2021).

    Code and paper: the losses, discriminators and pools are those of
    `CycleGAN`. `parts` of a generator returns the contents C and the attention
    masks A.

    Args:
        config: `AttentionGANConfig`.
        **kwargs: see `TranslationMethod`.

    Paper: Tang et al. 2021, version 2 of the authors' code.
    Differs from the paper: there is no attention-guided discriminator. The
    authors' code has none, too. Differs from the authors' code: as `CycleGAN`
    does. And the caller may give a mask.
    """

    spec = METHOD

    def __init__(self, config, **kwargs):
        super().__init__(config, **kwargs)
        if config.geometric:
            # Nothing is copied. So there is no map of the background.
            self.spec = dataclasses.replace(
                METHOD,
                inputs=CYCLEGAN.inputs,
                mask_kind=CYCLEGAN.mask_kind,
                mask=CYCLEGAN.mask,
            )
        self.make_own_masks()

    @property
    def players(self):
        two = CycleGAN.players
        return two | self.lesson_players(*two["generator"].networks)

    def phase_at(self, step):
        """The phase of the lessons. There are no other phases."""
        return self.lesson_phase(step)

    def attend(self, image, domain):
        """The mask of an image: where the generator of its domain paints.

        Args:
            image: (B, H, W, 3) float in [-1, 1].
            domain: "a" or "b".

        Returns:
            (B, H, W, 1) float32 in [0, 1]: 1 minus the map of the background.
        """
        direction = {"a": "a_to_b", "b": "b_to_a"}[domain]
        generator = self.networks[f"generator_{direction}"]
        return 1.0 - generator.parts(image)[1][..., -1:]

    def game_losses(self, batch, players, training):
        return CycleGAN.compute_losses(self, batch, players, training)

    def make_generator(self):
        return AttentionGenerator(
            filters=self.config.filters,
            blocks=self.config.blocks,
            maps=self.config.maps,
            copy_input=not self.config.geometric,
            upsampling=self.config.upsampling,
            **self.common,
        )

    def translate(self, inputs, direction="a_to_b"):
        """See `TranslationMethod`; `mask` in the inputs replaces ours."""
        image, mask = inputs["image"], inputs.get("mask")
        generator = self.networks[f"generator_{direction}"]
        translated, attention, _ = generator.parts(image, mask)
        if self.config.geometric:
            mask = change_map(image, translated)
        elif mask is None:
            mask = 1.0 - attention[..., -1:]
        return {"image": translated, "mask": mask}
