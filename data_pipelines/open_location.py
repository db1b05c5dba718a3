"""Opens image sets, of whatever kind of location."""

from data_pipelines import open_folders, open_synthetic, open_tfds
from data_pipelines.arguments import SPLITS
from data_pipelines.options import OpenOptions

# The first kind that fits a location is taken. All other locations are folders.
_OPENERS = (open_synthetic, open_tfds, open_folders)


def open_data(
    location,
    image_size=64,
    *,
    seed=0,
    splits=SPLITS,
    skip_bad_files=False,
    synthetic_count=(1000, 100),
    attributes=(),
    centre_crop=None,
    paired=False,
    label_domains=(),
    interpolation="bilinear",
    antialias=True,
    masks_for_training=None,
):
    """Opens image sets a and b, or one with attributes; checks every file.

    Args:
        location: folder with trainA, trainB, testA, testB, or the shards of
            such a folder (`tfmask prepare shards`); or
            "tfds:cycle_gan/horse2zebra" and the like; or "synthetic" (objects
            differ in texture) or "synthetic:shapes" (in shape). Pairs: a
            folder with train/A, train/B, ..., or with both images side by
            side in train/NAME.jpg, ...; "tfds:NAME#FEATURE,FEATURE"; or
            "synthetic:paired". With attributes: a folder with CelebA's list
            or `attributes.csv`, "tfds:celeb_a", or "synthetic:attributes".
        image_size: int or (height, width) of the batches.
        seed: int, which synthetic set; other locations do not use it.
        splits: the splits to open. The others may be missing.
        skip_bad_files: bool; leave bad files out and list them in `skipped`.
            False: a bad file is an error.
        synthetic_count: (train, test) synthetic images per domain.
        attributes: names of the wanted attributes. Without names, all synthetic
            attributes are used. It is only for locations with attributes.
        centre_crop: int, pixels. Images with attributes are first cut to a
            square of this side. None: to their largest centred square.
        paired: bool; images with equal names in trainA and trainB are also
            pairs.
        label_domains: "a", "b" or both: the domains whose files are label maps.
            Label maps are resized by nearest neighbour. For pairs, their
            colours are read from classes.csv of the folder, if it is there.
        interpolation: "bilinear" or "bicubic", for resizing images. It does not
            change masks and label maps.
        antialias: bool. False: smaller images are made only from the nearest
            pixels, as in TensorFlow 1.
        masks_for_training: int or "all". So many training images of each role
            may give their masks to a method, see `ImageSet.taught`. `seed`
            draws them. With a number, some masks may be missing. None: no image
            gives its mask. Then a folder must have masks for all images or for
            none.

    Returns:
        `ImageSet`.

    Raises:
        UserError: a folder is missing or empty, a file is bad, or an argument
            does not fit. The text says which one, and what to do.
    """
    options = OpenOptions(
        location=location,
        image_size=image_size,
        seed=seed,
        splits=splits,
        skip_bad_files=skip_bad_files,
        synthetic_count=synthetic_count,
        attributes=attributes,
        centre_crop=centre_crop,
        paired=paired,
        label_domains=label_domains,
        interpolation=interpolation,
        antialias=antialias,
        masks_for_training=masks_for_training,
    )
    opener = next(o for o in _OPENERS if o.owns(options.location))
    data = opener.open_set(options)
    data.options = options
    return data
