"""Opens sets of tensorflow-datasets: `tfds:NAME`."""

from functools import partial

from data_pipelines import encoded_sets, tfds_sets
from data_pipelines.attribute_folders import tfds_examples

_KIND = "tfds"


def owns(location):
    """Whether a location is one of these."""
    return location.startswith(tfds_sets.PREFIX)


def open_set(options):
    """The `ImageSet` of `OpenOptions`."""
    location = options.location
    if tfds_sets.is_attribute_set(location):
        list_set = partial(tfds_examples, location)
        return encoded_sets.with_attributes(options, _KIND, list_set)
    options.refuse_attributes()
    if "#" in location:
        list_set = partial(tfds_sets.list_pairs, location)
        return encoded_sets.pairs(options, _KIND, list_set)
    list_set = partial(tfds_sets.list_examples, location)
    return encoded_sets.domains(options, _KIND, list_set)
