"""The images that a config names, as a method needs them."""

import dataclasses

from tfmask.methods import NAMES, method_spec
from tfmask.ops.errors import UserError

SYNTHETIC_TEST_IMAGES = 100


def open_training_data(config, splits=None):
    """The `ImageSet` of a config.

    Args:
        config: `TrainConfig`.
        splits: "train", "test" or both. None: training images, and test images
            if there are any.

    Raises:
        UserError: as in `open_data`; or the method needs another kind of data.
    """
    from data_pipelines.splits import present_splits

    if splits is None:
        has_test = "test" in present_splits(config.data.location)
        splits = ("train", "test") if has_test else ("train",)
    return open_images(config, method_spec(config.method_name), splits)


def open_images(config, spec, splits):
    """The `ImageSet` of a config, of the kind that a method needs.

    Args:
        config: `TrainConfig`.
        spec: `MethodSpec`.
        splits: "train", "test" or both.

    Raises:
        UserError: as in `open_data`; or the method needs another kind of data.
    """
    from data_pipelines import open_data
    from data_pipelines.pairing import require_kind

    data = open_data(
        config.data.location,
        image_size=config.data.image_size,
        seed=config.run.seed,
        skip_bad_files=config.data.skip_bad_files,
        splits=splits,
        synthetic_count=(config.data.synthetic_count, SYNTHETIC_TEST_IMAGES),
        attributes=config.data.attributes,
        centre_crop=config.data.centre_crop,
        interpolation=config.data.interpolation,
        antialias=config.data.antialias,
        paired=spec.data == "paired",
        label_domains=config.data.label_domains,
        masks_for_training=config.data.masks_for_training,
    )
    require_kind(data, spec.data, config.method_name)
    return data


def example_options(config):
    """Arguments for the data: the examples that a method needs.

    Returns:
        dict for `ImageSet.train_batches` and `sample_batch`.
    """
    from data_pipelines.pairing import CYCLE, UNPAIRED, pairing_for

    spec = method_spec(config.method_name)
    pairing = CYCLE if config.data.pairing == "cycle" else UNPAIRED
    return {
        "pairing": pairing_for(
            spec.data, second=bool(spec.other_images), pairing=pairing
        ),
        "with_instances": spec.data == "instances",
    }


def following(config, data):
    """The config with all of its method's options that follow the data.

    Raises:
        UserError: the options name values that the data does not have, or the
            method gets masks but does not learn from masks.
    """
    spec = method_spec(config.method_name)
    if any(data.taught.values()) and not spec.learns_from_masks:
        able = [n for n in NAMES if method_spec(n).learns_from_masks]
        raise UserError(
            "`data.masks_for_training` gives masks, but "
            f"{config.method_name} does not learn from them. Leave it out, or "
            f"take {' or '.join(able)}."
        )
    return dataclasses.replace(config, method=spec.follow(config.method, data))


def settled_by(data):
    """The fields of `DataConfig` that open data has settled.

    Args:
        data: `ImageSet` of `open_data`.

    Returns:
        dict of field to value.
    """
    options = data.options
    same = ("image_size", "skip_bad_files", "centre_crop", "interpolation")
    same += ("antialias", "label_domains", "masks_for_training")
    settled = {name: getattr(options, name) for name in same}
    height, width = data.image_size
    return settled | {
        "location": data.location,
        "image_size": height if height == width else (height, width),
        "attributes": options.attributes,
        "synthetic_count": options.synthetic_count[0],
    }
