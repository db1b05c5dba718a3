"""The threshold of a run's own masks, found without any truth."""

import numpy as np

from tfmask.metrics import mask_histogram, otsu_threshold

# The masks of so many training images of a domain count.
IMAGES = 100


def mask_thresholds(method, data):
    """Where the masks of training images part into object and ground.

    It is Otsu's threshold of all values of the masks. The masks are those of
    the first 100 training images of the source of each direction.

    Args:
        method: `TranslationMethod`, trained.
        data: `ImageSet` with training images.

    Returns:
        dict of direction to float in (0, 1). It is empty for methods that set
        attributes, because their masks differ from attribute to attribute.
    """
    from tfmask.evaluation.context import Context
    from tfmask.evaluation.loop import tasks_of

    if data.layout == "attributes" or "train" not in data.splits:
        return {}
    context = Context(method, data, split="train", limit=IMAGES, compared=False)
    tasks = tasks_of(context)
    thresholds = {}
    for direction in method.directions:
        counts = 0
        for batch in tasks.batches(direction):
            for _, example in tasks.examples(direction, batch):
                counts += mask_histogram(example.rows["model"]["mask"])
        if np.any(counts):
            thresholds[direction] = round(otsu_threshold(counts), 4)
    return thresholds
