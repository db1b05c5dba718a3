"""A method with several answers to one image. It has nothing to learn."""

import dataclasses

import tensorflow as tf

from tfmask.methods.base import TranslationMethod
from tfmask.methods.ports import IMAGE, STYLE_EXEMPLAR, STYLE_SEED
from tfmask.methods.spec import MethodSpec
from tfmask.ops.change import change_map
from tfmask.ops.precision import mean_over
from tfmask.ops.style_codes import seeds_of, style_codes


@dataclasses.dataclass(frozen=True)
class Options:
    """None."""


class Tinted(TranslationMethod):
    """Moves an image by a colour: a random one, or an exemplar's mean."""

    spec = MethodSpec(
        name="tinted",
        title="Tinted",
        paper="",
        config=Options,
        presets=(),
        model="",
        data="unpaired",
        inputs=(IMAGE, STYLE_SEED, STYLE_EXEMPLAR),
    )

    def translate(self, inputs, direction="a_to_b"):
        image, exemplar = inputs["image"], inputs.get("exemplar")
        if exemplar is None:
            colour = 0.3 * style_codes(seeds_of(inputs), 3)
        else:
            colour = mean_over(exemplar, (2, 1))
        sign = 1.0 if direction == "a_to_b" else -1.0
        translated = (
            image + sign * tf.ensure_shape(colour, [None, 3])[:, None, None]
        )
        translated = tf.clip_by_value(translated, -1.0, 1.0)
        return {"image": translated, "mask": change_map(image, translated)}


def tinted():
    """A `Tinted` for images of 16 px."""
    return Tinted(Options(), image_size=(16, 16))
