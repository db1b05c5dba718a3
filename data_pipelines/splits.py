"""Which of training and test images a location has."""

from pathlib import Path

from data_pipelines import attribute_folders, paired_folders
from data_pipelines.arguments import DOMAINS, SPLITS
from data_pipelines.folders import validation_hint
from data_pipelines.sharded_folders import folder_at

_LAYOUTS = {
    paired_folders.FOLDERS: "pairs in train/A and train/B",
    paired_folders.SIDE_BY_SIDE: "pairs side by side in the files of train",
    paired_folders.UNPAIRED: "trainA and trainB",
}


def present_splits(location):
    """The splits that a location has.

    Args:
        location: as in `open_data`.

    Returns:
        tuple of "train" and "test", or of one of them. If there is neither, or
        no folder, it has both. Then opening them says what is wrong.
    """
    if not Path(location).is_dir():
        return SPLITS
    if attribute_folders.is_attribute_folder(location):
        return attribute_folders.present_splits(location) or SPLITS
    names, root = _names(location), folder_at(location)
    there = tuple(
        split
        for split in SPLITS
        if any((root / name).is_dir() for name in names[split])
    )
    return there or SPLITS


def no_images(location, split):
    """A sentence about a split that `present_splits` does not have.

    Args:
        location: folder.
        split: "train" or "test".

    Returns:
        str. It says what to do if a folder has another name.
    """
    if attribute_folders.is_attribute_folder(location):
        return (
            f"{location} has no {split} images: none has the number of this "
            f"split in {attribute_folders.CELEBA_PARTITION}."
        )
    names = _names(location)[split]
    layout = _LAYOUTS[_layout(location)]
    return (
        f"{location} ({layout}) has no {split} images: no "
        f"{' and '.join(names)}.{validation_hint(location, names)}"
    )


def _layout(location):
    return paired_folders.paired_layout(location) or paired_folders.UNPAIRED


def _names(location):
    """dict of split to the names of its folders."""
    layout = _layout(location)
    return {
        split: sorted(
            {
                layout.format(split=split, domain=domain.upper())
                for domain in DOMAINS
            }
        )
        for split in SPLITS
    }
