"""RA: CycleGAN whose generators have a residual attention module."""

from tfmask.methods.cyclegan.method import CycleGAN
from tfmask.methods.ra import METHOD


class RA(CycleGAN):
    """CycleGAN with `ResidualAttention` after the generators' first layer.

    Code and paper: the losses, discriminators and pools are those of
    `CycleGAN`.

    Args:
        config: `RAConfig`.
        **kwargs: see `TranslationMethod`.

    Paper: the module is from Wang et al. 2017. The method is a row of Mejjati
    et al. 2018, Table 1. There is no public code of it.
    Differs from the papers: the module has instance normalisation, because
    batches have one image. The place of the module is our choice.
    """

    spec = METHOD

    def make_generator(self):
        levels = self.config.attention_levels
        return super().make_generator(attention_levels=levels)
