"""Opens image sets, of whatever kind of location."""

from data_pipelines import open_folders, open_synthetic, open_tfds
from data_pipelines.arguments import SPLITS
from data_pipelines.options import OpenOptions

# The first that a location belongs to; what is no other is a folder.
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
        location: folder with trainA, trainB, testA, testB; or
            "tfds:cycle_gan/horse2zebra" and the like; or "synthetic" (objects
            differ in texture) or "synthetic:shapes" (in shape). Pairs: a
            folder with train/A, train/B, ..., or with both images side by
            side in train/NAME.jpg, ...; "tfds:NAME#FEATURE,FEATURE"; or
            "synthetic:paired". With attributes: a folder with CelebA's list
            or `attributes.csv`, "tfds:celeb_a", or "synthetic:attributes".
        image_size: int or (height, width) of the batches.
        seed: int, which synthetic set; other locations do not use it.
        splits: what to open; what is not asked for may be missing.
        skip_bad_files: bool; leave bad files out and list them in
            `skipped`, instead of raising.
        synthetic_count: (train, test) synthetic images per domain.
        attributes: names of those wanted; none means all of the synthetic
            ones. Only for locations that have some.
        centre_crop: int, pixels; what images with attributes are cut to
            first. None: their largest centred square.
        paired: bool; images of equal names in trainA and trainB are pairs,
            too.
        label_domains: of "a" and "b", those whose files are label maps,
            which are resized by nearest neighbour. For pairs their colours
            are read from the folder's classes.csv, if it is there.
        interpolation: "bilinear" or "bicubic", how images are resized; masks
            and label maps are not.
        antialias: bool; False takes the nearest pixels only where images
            become smaller, as TensorFlow 1 did.
        masks_for_training: how many training images of each role may give
            their masks to a method, an int or "all", see `ImageSet.taught`;
            drawn by `seed`. None: none, and masks are there for all images
            of a folder or for none; else some may be missing.

    Returns:
        `ImageSet`.

    Raises:
        UserError: a folder is missing or empty, a file is bad, or an
            argument makes no sense. The text says which and what to do.
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
