"""What the methods that set attributes share."""

from tfmask.methods.critic import CriticMethod
from tfmask.ops.attributes import switched
from tfmask.ops.errors import UserError


class AttributeMethod(CriticMethod):
    """A generator that is told the attributes of its result.

    There is one direction, "a_to_b": from any image to any attributes.

    Args:
        config: the method's frozen dataclass, with `attributes` (names, as
            the data has them) and `exclusive` (names).
        **kwargs: see `TranslationMethod`.

    Raises:
        UserError: the config names no attributes.
    """

    directions = ("a_to_b",)

    def __init__(self, config, **kwargs):
        if not config.attributes:
            raise UserError(
                f"{type(self).__name__} needs `attributes` in its config: "
                "the names of what it shall set. Got: none."
            )
        super().__init__(config, **kwargs)

    @property
    def networks(self):
        return {
            "generator": self.generator,
            "discriminator": self.discriminator,
        }

    @property
    def exclusive(self):
        """Positions of the attributes of which an image has one at most."""
        names = self.config.attributes
        return [names.index(name) for name in self.config.exclusive]

    def images_to_show(self, batch):
        """The input, and it with each attribute switched, one at a time."""
        real = batch["a"]["image"]
        before = batch["a"]["attributes"]
        shown = {"real": real}
        for position, name in enumerate(self.config.attributes):
            target = switched(before, position, self.exclusive)
            made = self.translate({"image": real, "attributes": target})
            shown[f"switched_{name}"] = made["image"]
        return shown
