"""Stand-ins for a trained run and its data, for the tests of commands."""

import dataclasses

import numpy as np
import tensorflow as tf

from tfmask.evaluation.context import Context
from tfmask.evaluation.loop import evaluate
from tfmask.methods import method_spec, preset_config


class BrightMethod:
    """Finds bright pixels and inverts them: a method with known numbers.

    The mask is 1 where the first channel is above 0, and only there the image
    is changed.
    """

    spec = method_spec("attention_guided")
    directions = ("a_to_b", "b_to_a")
    multiple = 4
    step = np.int64(300)

    def __init__(self):
        self.traces = 0
        self.shapes = []

    def translate(self, inputs, direction):
        self.traces += 1  # Python code runs once a trace
        image = inputs["image"]
        self.shapes.append(tuple(image.shape))
        mask = tf.cast(image[..., :1] > 0.0, tf.float32)
        return {"image": image * (1.0 - 2.0 * mask), "mask": mask}


class ArrayData:
    """Two domains of arrays with the methods of an `ImageSet`."""

    layout = "domains"
    skipped = ()

    def __init__(self, images, regions=None, mean=None):
        self.images, self.regions, self.mean = images, regions, mean
        self.image_size = images["a"].shape[1:3]

    def counts(self, split):
        return {domain: len(images) for domain, images in self.images.items()}

    def names(self, domain, split):
        return [f"{domain}{number}" for number in range(10)]

    def describe(self):
        return {"location": "arrays", "counts": {"train": {}, "test": {}}}

    def region_mean(self, domain):
        return self.mean

    def test_batches(self, domain, *, split, batch_size, limit):
        batch = {"image": self.images[domain]}
        batch["index"] = np.arange(len(batch["image"]))
        if self.regions is not None:
            batch["region"] = self.regions[domain]
        examples = tf.data.Dataset.from_tensor_slices(batch)
        return examples.take(limit or -1).batch(batch_size)


def squares(count=5, side=16):
    """Dark images with a bright square each, and the squares as regions."""
    images = np.full((count, side, side, 3), -0.5, np.float32)
    regions = np.zeros((count, side, side, 1), np.float32)
    for number in range(count):
        place = slice(2 + number, 8 + number)
        images[number, place, place] = 0.5
        regions[number, place, place] = 1.0
    return images, regions


def fake_run(method, image_size=16):
    """A `load_run` that finds this method in every folder."""
    config = preset_config("attention_guided", "quick", "somewhere")
    data = dataclasses.replace(
        config.data, image_size=image_size, synthetic_count=4
    )
    config = dataclasses.replace(config, method_name="bright", data=data)
    return lambda run: (config, method)


def measured(method, data, gallery=None, advance=lambda count: None, **options):
    """The evaluation of a method on data; `options` are of the `Context`."""
    context = Context(method, data, **options)
    return evaluate(context, gallery, advance)
