"""Base of the methods that learn one direction from pairs."""

import tensorflow as tf

from tfmask.layers import normal_initializer
from tfmask.losses import l1
from tfmask.methods.base import TranslationMethod, source_and_target
from tfmask.methods.players import Player
from tfmask.networks import UNetGenerator

_DROPOUT = 60  # number of the random stream


class PairedMethod(TranslationMethod):
    """One U-Net and one discriminator, in the direction of the config.

    A method makes `generator` and `discriminator` and calls `build_networks`.
    It also defines the other parts that `TranslationMethod` lists.

    Args:
        config: the method's dataclass with `PairedOptions`.
        **kwargs: see `TranslationMethod`.
    """

    players = {
        "generator": Player(("generator",)),
        "discriminator": Player(("discriminator",), optimizer="discriminator"),
    }

    @property
    def directions(self):
        return (self.config.direction,)

    @property
    def multiple(self):
        return 2**self.config.levels

    @property
    def network_options(self):
        """dict, arguments that all networks have in common."""
        stddev = self.config.initializer_stddev
        return {
            "normalization": self.config.normalization,
            "kernel_initializer": normal_initializer(stddev),
        }

    def make_unet(self, **more):
        """A U-Net as the config says. `more` are further arguments."""
        return UNetGenerator(
            filters=self.config.filters,
            levels=self.config.levels,
            dropout=self.config.dropout,
            **self.network_options,
            **more,
        )

    def build_networks(self):
        """Builds both networks for the training images."""
        channels = 6 if self.config.conditional else 3
        super().build_networks(discriminator=channels)

    def l1_term(self, fake, real):
        """The generator's term `l1`, for `weighted`."""
        return {"l1": (lambda: l1(fake, real), self.config.l1_weight)}

    def step_options(self, training):
        """The arguments of a U-Net's call. Only training has dropout."""
        if not training:
            return {}
        seed = tf.stack([self.seed + _DROPOUT, self.step])
        return {"training": True, "seed": seed}

    def judged(self, image, output):
        """The discriminator's input, from (B, H, W, 3) inputs and outputs."""
        if self.config.conditional:
            return tf.concat([image, output], axis=-1)
        return output

    def images_to_show(self, batch):
        """Input, translation and true output."""
        return pairs_to_show(self, batch)


def pairs_to_show(method, batch):
    """Input, translation and true output of the only direction.

    Args:
        method: `TranslationMethod` of pairs.
        batch: dict of domain to examples.

    Returns:
        dict as of `TranslationMethod.images_to_show`.
    """
    (direction,) = method.directions
    source, target = source_and_target(direction)
    image = batch[source]["image"]
    answer = method.translate({"image": image}, direction)
    shown = {f"real_{source}": image}
    if method.spec.mask_kind != "change":
        shown[f"mask_{source}"] = answer["mask"]
    shown[f"fake_{target}"] = answer["image"]
    shown[f"real_{target}"] = batch[target]["image"]
    return shown
