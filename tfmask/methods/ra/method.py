"""RA: CycleGAN whose generators have a residual attention module."""

from tfmask.methods.cyclegan.method import CycleGAN
from tfmask.methods.ra import METHOD


class RA(CycleGAN):
    """CycleGAN with `ResidualAttention` after the generators' first layer.

    Code and paper: as `CycleGAN`, whose losses, discriminators and pools
    these are.

    Args:
        config: `RAConfig`.
        **kwargs: see `TranslationMethod`.

    Paper: the module of Wang et al. 2017; as a method of translation a row
    of Mejjati et al. 2018, Table 1, without a code.
    Differs from the papers: instance normalisation in the module, since
    batches are of one image; the place is our choice.
    """

    spec = METHOD

    def make_generator(self):
        levels = self.config.attention_levels
        return super().make_generator(attention_levels=levels)
