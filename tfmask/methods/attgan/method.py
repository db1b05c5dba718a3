"""AttGAN: attribute editing by an encoder and a decoder."""

from tfmask.methods.attgan import METHOD
from tfmask.methods.attributes import AttributeMethod
from tfmask.networks import AttributeUNet, DenseDiscriminator


class AttGAN(AttributeMethod):
    """The decoder gets the attributes of its result as input (He et al. 2019).

    Code and paper: `generator` is G_enc and G_dec. `discriminator` is D and C.
    `critic` and `penalty` are the parts of Eq. (9). `adversarial` is Eq. (10).
    `classification_real` is Eq. (6). `classification_fake` is Eq. (3).
    `reconstruction` is Eq. (7): the image with its own attributes. There is no
    cycle.

    The decoder gets `2 c - 1`. An attribute above 1 changes more. The official
    test code takes 1.5 for attributes that it switches on.

    Args:
        config: `AttGANConfig`, with `attributes` filled in.
        **kwargs: see `TranslationMethod`.

    It does not differ from the paper. Differs from the authors' code: the
    generator learns from the last batch of the critic, not from its own batch.
    Its encoder runs once for the translation and once for the reconstruction.
    An attribute below 0 does not mean a stronger "off". It means the value that
    the discriminator sees in the image.
    """

    spec = METHOD
    reduction = "mean"
    reconstruction = "reconstruction"

    def __init__(self, config, **kwargs):
        super().__init__(config, **kwargs)
        count = len(config.attributes)
        self.generator = AttributeUNet(
            attributes=count,
            filters=config.filters,
            strided_layers=config.layers,
            shortcut_layers=config.shortcut_layers,
            inject_layers=config.inject_layers,
            momentum=config.batch_norm_momentum,
            **self.generator_options(),
        )
        self.discriminator = DenseDiscriminator(
            attributes=count,
            filters=config.discriminator_filters,
            strided_layers=config.discriminator_layers,
            units=config.discriminator_units,
        )
        self.build_networks()

    @property
    def weights_of_terms(self):
        config = self.config
        return {
            "penalty": config.penalty_weight,
            "classification_real": config.classification_real_weight,
            "classification_fake": config.classification_fake_weight,
            "reconstruction": config.reconstruction_weight,
        }

    @property
    def multiple(self):
        """Sides of images must be multiples of it."""
        return 2**self.config.layers

    def generator_options(self):
        """Further arguments of the generator."""
        return {}

    def condition(self, source, target):
        """(B, K), the decoder's input of attributes for an edit."""
        return 2.0 * target - 1.0

    def edit(self, image, source, target, training=False):
        condition = self.condition(source, target)
        return self.generator(image, condition, training=training)

    def restore(self, edit, training=False):
        return self.edit(edit.image, edit.source, edit.source, training)
