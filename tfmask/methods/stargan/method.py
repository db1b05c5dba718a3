"""StarGAN: one generator sets all attributes."""

from tfmask.layers import torch_initializer
from tfmask.methods.attributes import AttributeMethod
from tfmask.methods.stargan import METHOD
from tfmask.networks import AttributeDiscriminator, LabelGenerator


class StarGAN(AttributeMethod):
    """One generator and one classifying discriminator (Choi et al. 2018).

    Code and paper: `generator` is G. `discriminator` is D with its heads D_src
    (scores) and D_cls (logits). `critic` and `penalty` are the parts of -L_adv
    of Eq. (8) for D. `adversarial` is L_adv for G. `classification_real` is
    Eq. (2). `classification_fake` is Eq. (3). `cycle` is L_rec of Eq. (4).

    Args:
        config: `StarGANConfig`, with `attributes` filled in.
        **kwargs: see `TranslationMethod`.

    It does not differ from the paper. Differs from the authors' code: biases
    start at 0. Kernels start as there (PyTorch's default).
    """

    spec = METHOD

    def __init__(self, config, **kwargs):
        super().__init__(config, **kwargs)
        count = len(config.attributes)
        self.generator = LabelGenerator(
            attributes=count,
            filters=config.filters,
            blocks=config.blocks,
            strided_layers=config.strided_layers,
            normalization=config.normalization,
            padding_mode=config.generator_padding,
        )
        self.discriminator = AttributeDiscriminator(
            attributes=count,
            filters=config.discriminator_filters,
            strided_layers=config.discriminator_layers,
            kernel_initializer=torch_initializer(),
        )
        self.build_networks()

    @property
    def weights_of_terms(self):
        config = self.config
        return {
            "penalty": config.penalty_weight,
            "classification_real": config.classification_weight,
            "classification_fake": config.classification_weight,
            "cycle": config.cycle_weight,
        }

    def edit(self, image, source, target, training=False):
        return self.generator(image, target)

    def restore(self, edit, training=False):
        return self.generator(edit.output, edit.source)
