"""A run of `tfmask train segmenter` that reads the classes of photographs."""

import numpy as np

from tfmask.ops.errors import UserError
from tfmask.translation.translate import compiled_translate


class LoadedSegmenter:
    """A run of `tfmask train segmenter` that reads photographs.

    Args:
        run: folder of the run, for messages.
        method: the `tfmask.methods.Segmenter` of the run.
    """

    def __init__(self, run, method):
        self._name = f"{run}, step {int(np.asarray(method.step))}"
        (direction,) = method.directions
        self._translate = compiled_translate(
            method, direction, *method.image_size
        )

    def __str__(self):
        return self._name

    def colour(self, images):
        """(B, H, W, 3) photographs to label maps, both in [-1, 1]."""
        return self._translate({"image": images})["image"]


def load_segmenter(run, data):
    """The `LoadedSegmenter` of a run folder.

    Args:
        run: path.
        data: `ImageSet` of pairs that it should read.

    Raises:
        UserError: the run was trained for something else.
    """
    from tfmask.training.run_folder import load_run

    config, method = load_run(run)
    if config.method_name != "segmenter":
        raise UserError(
            f"`--segmenter` must be a run of `tfmask train segmenter`. "
            f"`{run}` is one of {config.method_name}."
        )
    if method.image_size != data.image_size:
        raise UserError(
            f"The segmenter `{run}` was trained at {method.image_size} "
            f"(height, width), the images are {data.image_size}. Train one "
            "at that size: --image-size "
            f"{' '.join(map(str, data.image_size))}."
        )
    colours = {d: p.colours for d, p in data.palettes.items()}
    if colours.get(config.method.label_domain) != config.method.palette:
        raise UserError(
            f"The segmenter `{run}` knows other classes or another domain of "
            f"label maps than {data.location} has. Train one on it."
        )
    return LoadedSegmenter(run, method)
