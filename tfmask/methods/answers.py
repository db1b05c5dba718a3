"""What methods share that can translate one image in several ways."""

import tensorflow as tf

from tfmask.methods.base import DIRECTIONS, source_and_target
from tfmask.ops.style_codes import seeds_of, style_codes

_SHOWN = 3


def random_codes(inputs, size):
    """(B, size) float32: the random codes of a translation's seeds.

    Args:
        inputs: dict of `translate`. Without `style_seed`, all seeds are 0.
        size: int, how many numbers a code has.
    """
    return tf.ensure_shape(style_codes(seeds_of(inputs), size), [None, size])


def answers_to_show(method, batch):
    """Inputs, masks, some random translations, and one with an exemplar.

    The exemplars are images of the other domain in the batch.

    Args:
        method: method that translates between "a" and "b" with `style_seed` or
            `exemplar`.
        batch: see `TranslationMethod.images_to_show`.

    Returns:
        dict as in `TranslationMethod.images_to_show`.
    """
    shown = {}
    for direction in DIRECTIONS:
        source, target = source_and_target(direction)
        image = batch[source]["image"]
        exemplar = batch[target]["image"]
        # Traced once for all seeds.
        translated = tf.function(
            lambda seeds, image=image, direction=direction: method.translate(
                {"image": image, "style_seed": seeds}, direction
            ),
            autograph=False,
        )
        random = [
            translated(tf.fill([tf.shape(image)[0]], number))
            for number in range(_SHOWN)
        ]
        shown[f"real_{source}"] = image
        shown[f"mask_{source}"] = random[0]["mask"]
        for number, answer in enumerate(random):
            shown[f"fake_{target}_{number}"] = answer["image"]
        shown[f"exemplar_{target}"] = exemplar
        shown[f"fake_{target}_exemplar"] = method.translate(
            {"image": image, "exemplar": exemplar}, direction
        )["image"]
    return shown
