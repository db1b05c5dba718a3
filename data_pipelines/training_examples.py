"""The examples of a training: order, partners, crops and flips."""

from data_pipelines import augment
from data_pipelines.seeded_order import ordered, seed_pair, stream_key

# These are the numbers of the independent random streams. A change of one
# changes training.
_STREAMS = {"order_a": 0, "order_b": 1, "augment_a": 2, "augment_b": 3}


def training_example(draw, loaders, count, image_size, seed, *, flip):
    """The examples of `ImageSet.train_batches`.

    Args:
        draw: `Pairing`.
        loaders: dict of role to a function of an image's index. It returns the
            image and its masks, ready for the crop.
        count: int, number of images of a.
        image_size: (height, width) after the crop.
        seed: int.
        flip: bool, see `ImageSet.train_batches`.

    Returns:
        Function of the number of an example, a scalar int64 tensor. It returns
        a dict of role to the example of this role.
    """
    keys = {name: stream_key(seed, n) for name, n in _STREAMS.items()}

    def example(number):
        first = ordered(number, count, keys["order_a"])
        indices = draw(number, first, keys["order_b"])
        output = {}
        for role, index in indices.items():
            stream = f"augment_{'a' if draw.one_window else role}"
            augmented = augment.crop_and_flip(
                loaders[role](index),
                image_size,
                seed=seed_pair(keys[stream], number),
                flip=flip,
            )
            output[role] = augmented | draw.sources[role].facts(index)
        return output

    return example
