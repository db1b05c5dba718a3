"""Every attribute of every image is switched by itself.

A classifier that the method does not know says if the attribute changed and the
others stayed. If the region of the attribute is known, the change and the masks
are compared with it.
"""

import numpy as np
import tensorflow as tf

from tfmask.evaluation.examples import Example
from tfmask.evaluation.judges import Judge
from tfmask.evaluation.tasks.directions import Directions
from tfmask.ops.attributes import switched
from tfmask.ops.grad_cam import attended, map_layer


class Switches(Directions):
    """Methods that set attributes."""

    offers = frozenset({"attributes", "cam"})
    beside = ()
    optional = ("source_attributes",)
    means = {"all": "switch_"}

    def __init__(self, context):
        super().__init__(context)
        self.judge = Judge(context)
        self._explain = _explanation(context.method, context.data)

    @classmethod
    def fits(cls, context):
        return "attributes" in context.inputs

    def titles(self, direction):
        return [f"switch_{name}" for name in self.context.data.attributes]

    def examples(self, direction, batch):
        data, exclusive = self.context.data, self.context.method.exclusive
        image, source = batch["image"], batch["attributes"]
        same = {"image": image, "mask": np.zeros_like(image[..., :1])}
        same["seen"] = self.judge.check(image, source)
        for position, title in enumerate(self.titles(direction)):
            target = switched(source, position, exclusive).numpy()
            asked = only(source, position)
            values = {"attributes": target, "source_attributes": source}
            answer = self.translate[direction]({"image": image, **values})
            answer["seen"] = self.judge.seen_in(answer["image"])
            answer["cam"] = self._explain(
                image, answer["image"], source, target, asked.astype(np.float32)
            ).numpy()
            known = data.attributes[position] in data.region_names
            example = Example(
                index=batch["index"],
                image=image,
                rows={"model": answer, "identity": same},
                shown={
                    "input": image,
                    "mask": answer["mask"],
                    "Grad-CAM": answer["cam"],
                    "translation": answer["image"],
                },
                captions=[
                    " (on)" if on else " (off)" for on in target[:, position]
                ],
                region=region_of(batch, position) if known else None,
                source=source,
                target=target,
                asked=asked,
            )
            yield title, example


def region_of(batch, position):
    """(B, H, W, 1) float 0/1, one attribute's known region."""
    return batch["attribute_regions"][..., position : position + 1]


def only(attributes, position):
    """(B, K) bool like `attributes`, true for one attribute."""
    chosen = np.zeros(attributes.shape, bool)
    chosen[:, position] = True
    return chosen


def _explanation(method, data):
    """Function of images and their translations: the Grad-CAM mask.

    It has the defaults of the loss, for any options of the run.
    """
    discriminator = method.discriminator
    layer = map_layer(data.image_size[0], discriminator.strided_layers)
    images = tf.TensorSpec((None, *data.image_size, 3))
    values = tf.TensorSpec((None, len(data.attributes)))

    @tf.function(
        autograph=False,
        input_signature=[images, images, values, values, values],
    )
    def explain(image, output, source, target, asked):
        mask, _ = attended(
            discriminator,
            layer,
            explained=[(image, source), (output, target)],
            changed=asked,
            # Only one attribute is asked for. So the map of the sum is its map.
            merge="sum_logits",
        )
        return mask

    return explain
