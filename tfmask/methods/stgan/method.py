"""STGAN: attribute editing by differences and gated skips."""

from tfmask.methods.attgan.method import AttGAN
from tfmask.methods.stgan import METHOD


class STGAN(AttGAN):
    """AttGAN told the change, with gated skips (Liu et al. 2019).

    Losses and networks as `AttGAN`'s, but the generator is told `target -
    source` (0 for the reconstruction) at every level, and the encoder's
    features pass a `SelectiveTransferUnit` on each skip.

    Translation needs the attributes that the image has: the caller's
    `source_attributes`, or what the discriminator sees. A difference above 1
    changes more; the official test code takes 1.5.

    Args:
        config: `STGANConfig`, with `attributes` filled in.
        **kwargs: see `TranslationMethod`.

    Differs from the paper: no. From the authors' code: as `AttGAN`;
    and it demands the image's attributes.
    """

    spec = METHOD

    def generator_options(self):
        return {
            "transfer": True,
            "transfer_kernel": self.config.transfer_kernel,
            "transfer_state": self.config.transfer_state,
        }

    def condition(self, source, target):
        return target - source
