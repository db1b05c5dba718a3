"""What `tfmask evaluate` measures of methods that set attributes.

Every attribute of every image is switched by itself. A classifier that the
method does not know says whether it changed and the others stayed. Where the
attribute's region is known, the change and the masks are compared with it.
"""

import numpy as np
import tensorflow as tf

from tfmask.losses import attended, map_layer
from tfmask.ops.attributes import switched
from trainers.attribute_scores import (
    Judge,
    Table,
    Task,
    collect,
    only,
    regions_of,
)
from trainers.measuring import BEST_THRESHOLD, require_finite
from trainers.translate import compiled_translate

ROWS = ("model", "identity")
COLUMNS = ("input", "mask", "Grad-CAM", "translation", "true region")
CAM = (
    "`cam_*` are of the Grad-CAM of the switched attribute in the run's "
    "discriminator, before and after the translation together, the same for "
    "every run whatever its loss."
)


def evaluate_attributes(
    method,
    data,
    *,
    split="test",
    limit=None,
    batch_size=8,
    gallery=None,
    advance=lambda count: None,
    classifier=None,
):
    """Measures a method that sets attributes.

    Args:
        method: `AttributeMethod`.
        data: `AttributeData` with training images and `split`, its
            attributes those of the method's config.
        split: "test" or "train".
        limit: int or None, only the first images.
        batch_size: int; the averages do not depend on it.
        gallery: `Gallery` or None; gets a table and a section an attribute.
        advance: called with the number of images done.
        classifier: see `Judge`.

    Returns:
        dict like that of `evaluate_masks`, with an entry of
        `directions` for each attribute, `switch_NAME`, and `all`, their
        mean; and `classifier`: its accuracies on true images.

    Raises:
        UserError: if the method's output is not finite.
    """
    judge = Judge(data, classifier)
    translate = compiled_translate(
        method, "a_to_b", *data.image_size, more=("source_attributes",)
    )
    explain = _explanation(method, *data.image_size, len(data.attributes))
    tables = {
        f"switch_{name}": Table(ROWS, data, split, limit, ("mask", "cam"))
        for name in data.attributes
    }
    for batch in data.test_batches(
        split=split, batch_size=batch_size, limit=limit
    ).as_numpy_iterator():
        image, source = batch["image"], batch["attributes"]
        seen = judge.check(image, source)
        for position, table in enumerate(tables.values()):
            task = _switch(batch, position, method.exclusive)
            made = require_finite(
                translate(
                    {
                        "image": image,
                        "attributes": task.target,
                        "source_attributes": source,
                    }
                )
            )
            output, mask = made["image"], made["mask"]
            cam = explain(task, output)
            masks = {"mask": mask, "cam": cam}
            nothing = {"mask": np.zeros_like(mask)}
            table.update(
                task,
                {
                    "model": (output, judge.seen_in(output), masks),
                    "identity": (image, seen, nothing),
                },
            )
            known = data.attributes[position] in data.region_names
            table.examples.update(
                batch["index"],
                [image, mask, cam, output, task.region if known else None],
                [" (on)" if v else " (off)" for v in task.target[:, position]],
            )
        advance(len(image))
    result = collect(tables, COLUMNS, gallery, mean="all")
    result["notes"] = [BEST_THRESHOLD, CAM, judge.note(split), *result["notes"]]
    return {**result, "classifier": judge.result()}


def _switch(batch, position, exclusive):
    """The `Task` of one switched attribute."""
    source = batch["attributes"]
    return Task(
        image=batch["image"],
        source=source,
        target=switched(source, position, exclusive).numpy(),
        asked=only(source, position),
        region=regions_of(batch)[..., position : position + 1],
    )


def _explanation(method, height, width, attributes):
    """Function of a `Task` and its translation: the Grad-CAM mask.

    By the loss's defaults, whatever the options of the run.
    """
    discriminator = method.discriminator
    layer = map_layer(height, discriminator.strided_layers)
    images = tf.TensorSpec((None, height, width, 3))
    values = tf.TensorSpec((None, attributes))

    @tf.function(input_signature=[images, images, values, values, values])
    def explain(image, output, source, target, asked):
        mask, _ = attended(
            *(discriminator, layer),
            [(image, source), (output, target)],
            asked,
            # One is asked for: its map is that of the sum, in one pass.
            merge="sum_logits",
        )
        return mask

    def mask_of(task, output):
        asked = task.asked.astype(np.float32)
        mask = explain(task.image, output, task.source, task.target, asked)
        return mask.numpy()

    return mask_of
