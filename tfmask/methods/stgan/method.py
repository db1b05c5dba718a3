"""STGAN: attribute editing by differences and gated skips."""

from tfmask.methods.attgan.method import AttGAN
from tfmask.methods.stgan import METHOD


class STGAN(AttGAN):
    """AttGAN with the change of attributes as input and with gated skips.

    Losses and networks are those of `AttGAN`, with two differences. The
    generator gets `target - source` (0 for the reconstruction) at every level.
    The features of the encoder pass a `SelectiveTransferUnit` on each skip.

    Translation needs the attributes of the image. They are the caller's
    `source_attributes`, or those that the discriminator sees. A difference
    above 1 changes more. The official test code takes 1.5.

    Args:
        config: `STGANConfig`, with `attributes` filled in.
        **kwargs: see `TranslationMethod`.

    Paper: Liu et al. 2019. It does not differ from the paper. Differs from the
    authors' code: as `AttGAN` does. And their code requires the attributes of
    the image.
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
