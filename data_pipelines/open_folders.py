"""Opens folders of images, in any of their layouts, perhaps in shards."""

from functools import partial

from data_pipelines import (
    attribute_folders,
    encoded_sets,
    folders,
    paired_folders,
)
from data_pipelines.palettes import find_palette
from data_pipelines.sharded_folders import check_shards

_KIND = "folder"


def owns(location):
    """Every location is taken for a folder, there or not."""
    return True


def open_set(options):
    """The `ImageSet` of `OpenOptions`."""
    location = options.location
    check_shards(location)
    if attribute_folders.is_attribute_folder(location):
        return _attributes(options)
    options.refuse_attributes()
    layout = paired_folders.paired_layout(location)
    if options.paired:
        layout = layout or paired_folders.UNPAIRED
    if layout is None:
        list_examples = partial(
            folders.list_examples,
            location,
            some_masks=options.masks_for_training is not None,
        )
        return encoded_sets.domains(options, _KIND, list_examples)
    return encoded_sets.pairs(
        options,
        _KIND,
        partial(
            paired_folders.list_pairs,
            location,
            layout=layout,
            skip_unmatched=options.skip_bad_files,
        ),
        find_palette(location) if options.label_domains else None,
    )


def _attributes(options):
    location = options.location
    everything = attribute_folders.read_list(location)
    boxes = attribute_folders.read_boxes(
        location, options.attributes, everything.names
    )
    return encoded_sets.with_attributes(
        options,
        _KIND,
        partial(attribute_folders.list_examples, location, everything),
        boxes,
    )
