"""What goes with an image to translate: exemplar, masks, attributes."""

from pathlib import Path

import numpy as np

from serving.files import file_problem
from serving.pictures import PictureError, read_mask, size_problem
from tfmask.ops.arrays import to_float
from tfmask.ops.errors import UserError, unknown_name

NAMES = ("exemplar", "mask", "exemplar_mask")


def edit_files(options, images):
    """dict of `exemplar`, `mask` and `exemplar_mask` to what was given.

    Args:
        options: has these as attributes, paths or None.
        images: list of paths, the images to translate.

    Raises:
        UserError: a file is not there, or one mask is for many images.
    """
    edits = {n: getattr(options, n) for n in NAMES if getattr(options, n)}
    for path in edits.values():
        if not path.is_file():
            raise UserError(f"`{path}` is not a file.")
    if "exemplar_mask" in edits and "exemplar" not in edits:
        raise UserError("`--exemplar-mask` needs `--exemplar`, too.")
    if len(images) > 1 and "mask" in edits:
        raise UserError(
            f"`--mask` is the mask of one image. Got: {len(images)} images "
            "as `--input`."
        )
    return edits


def list_instances(images, folder):
    """The mask files of every image, in the order of their numbers.

    Args:
        images: list of paths.
        folder: path of a folder with NAME_0.png and so on.

    Returns:
        dict of image to list of paths.

    Raises:
        UserError: if the folder is not there, or an image has no mask or
            two of one number.
    """
    from data_pipelines.folders import instance_files, mask_problem

    found = instance_files(Path(folder))
    if found is None:
        raise UserError(
            f"`--instances` must be a folder of masks. Got: `{folder}`"
        )
    missing = [image for image in images if image.stem not in found]
    if missing:
        raise UserError(
            f"{len(missing)} of {len(images)} images have no masks in "
            f"`{folder}`, the first is `{missing[0]}`: expected "
            f"`{missing[0].stem}_0.png`. For an image without objects add one "
            "that is all black."
        )
    for image in images:
        problem = mask_problem(found[image.stem])
        if problem:
            raise UserError(f"`{image}` {problem}")
    return {image: [path for _, path in found[image.stem]] for image in images}


def read_files(path, masks=()):
    """An image and masks, with the checks of the training data.

    Args:
        path: the image's file.
        masks: paths of its masks, of its size.

    Returns:
        list of (H, W, 3) uint8 arrays, the image first.

    Raises:
        UserError: a file is bad. The text is the reason alone.
    """
    from data_pipelines.checks import check_examples, decode
    from data_pipelines.examples import Encoded, Example

    example = Example(
        name=path.stem,
        image=Encoded.of_file(path),
        instances=tuple(map(Encoded.of_file, masks)),
    )
    good, bad, _ = check_examples([example], keep_content=True)
    if bad:
        label, reason = bad[0]
        raise UserError(
            reason if label == str(path) else f"its mask {label} {reason}"
        )
    return [decode(file.content).numpy() for file in good[0].files]


def read_edits(edits, height, width):
    """What goes with an image, brought to its size.

    Args:
        edits: dict of `edit_files`.
        height, width: ints, of the image.

    Returns:
        dict of name to (1, height, width, C) float32: `exemplar` in
        [-1, 1], masks in [0, 1].

    Raises:
        UserError: a file cannot be read, or a mask has another size than
            its picture. The text goes on from the image's path.
    """
    from tfmask.ops.images import resized

    pixels = {}
    for name, path in edits.items():
        try:
            if name == "exemplar":
                pixels[name] = read_files(path)[0]
            else:
                pixels[name] = _read_mask(path)[..., None]
        except UserError as error:
            raise UserError(f"its {name} `{path}` {error}") from error
    sizes = {"mask": (height, width)}
    if "exemplar" in pixels:
        sizes["exemplar_mask"] = pixels["exemplar"].shape[:2]
    for name, size in sizes.items():
        if name not in pixels:
            continue
        owner = "the image" if name == "mask" else "the exemplar"
        problem = size_problem(pixels[name].shape[:2], size, owner)
        if problem:
            raise UserError(
                f"has a {name.replace('_', ' ')} of another size: "
                f"`{edits[name]}` {problem}"
            )
    fitted = {
        name: resized(values, (height, width)).numpy()[None]
        for name, values in pixels.items()
    }
    return {
        name: to_float(values)
        if name == "exemplar"
        else values.astype(np.float32) / 255.0
        for name, values in fitted.items()
    }


def _read_mask(path):
    """A mask by hand, whose shades count: (H, W) uint8."""
    problem = file_problem(path)
    if problem:
        raise UserError(problem)
    try:
        return read_mask(path.read_bytes(), soft=True)
    except OSError as error:
        raise UserError(f"cannot be opened ({error.strerror})") from error
    except PictureError as error:
        raise UserError(str(error)) from error


def check_edits(run, method, edits, instances=None):
    """Looks whether the options fit the method.

    Args:
        run: path, for the message.
        method: `TranslationMethod`.
        edits: dict of `edit_files`.
        instances: dict of `list_instances`, or None.

    Raises:
        UserError: an exemplar or instances are missing or too much, or no
            mask is taken.
    """
    wanted = "instances" in method.translate_inputs
    if wanted != (instances is not None):
        raise UserError(
            f"`{run}` translates given instances: add --instances with a "
            "folder of their masks."
            if wanted
            else f"`{run}` takes no instances; leave --instances out."
        )
    wanted = "exemplar" in method.translate_inputs
    if wanted != ("exemplar" in edits):
        raise UserError(
            f"`{run}` takes the look of an exemplar: add --exemplar FILE."
            if wanted
            else f"`{run}` takes no exemplar; leave --exemplar out."
        )
    for name in edits:
        if name != "exemplar" and name not in method.mask_inputs:
            option = name.replace("_", "-")
            raise UserError(f"`{run}` takes no masks; leave --{option} out.")


def target_attributes(run, method, settings):
    """What `--attributes` asks for, as numbers.

    Args:
        run: path, for the message.
        method: `TranslationMethod`.
        settings: strings such as "Smiling=1".

    Returns:
        (1, K) float32, 1 (on), 0 (off) or -1 (as it is); None for a method
        that sets no attributes.

    Raises:
        UserError: a setting is not NAME=0 or NAME=1, or the method knows no
            such name; there are settings, and it takes none, or none, and
            it needs some.
    """
    if "attributes" not in method.translate_inputs:
        if settings:
            raise UserError(
                f"`{run}` sets no attributes; leave --attributes out."
            )
        return None
    names = method.config.attributes
    if not settings:
        raise UserError(
            f"`{run}` sets attributes: add --attributes NAME=1 or NAME=0. "
            f"Known: {', '.join(names)}."
        )
    target = np.full((1, len(names)), -1.0, np.float32)
    for setting in settings:
        name, _, value = setting.partition("=")
        if value not in ("0", "1"):
            raise UserError(
                "`--attributes` expects NAME=1 (on) or NAME=0 (off). Got: "
                f"`{setting}`"
            )
        if name not in names:
            raise unknown_name("attribute", name, names)
        target[0, names.index(name)] = float(value)
    return target
