"""Masks, exemplars and other inputs of the images that a run translates."""

import dataclasses
from pathlib import Path

import numpy as np

from serving.commands.answers import clash, numbers_of_samples
from serving.commands.command_line import option_of
from serving.commands.files import file_problem, result_names
from serving.commands.pictures import PictureError, read_mask, size_problem
from tfmask.ops.errors import UserError, unknown_name
from tfmask.translation.options import all_ports, option_ports

# The command line writes a value of each kind in this way.
_VALUES = {
    "image": "FILE",
    "mask": "FILE",
    "masks": "FOLDER",
    "attributes": "NAME=1 or NAME=0",
    "seed": "NUMBER",
}


@dataclasses.dataclass(frozen=True)
class Inputs:
    """The other inputs of the images, by name.

    Attributes:
        files: dict of the port to a path: other images, and masks.
        sets: dict of the port to another dict: image to the paths of its masks.
        settings: dict of the port to strings such as "Smiling=1". After
            `check_inputs` the values are (1, K) float32.
        seeds: dict of the port to the number of a random choice.
    """

    files: dict = dataclasses.field(default_factory=dict)
    sets: dict = dataclasses.field(default_factory=dict)
    settings: dict = dataclasses.field(default_factory=dict)
    seeds: dict = dataclasses.field(default_factory=dict)

    @property
    def names(self):
        """Names of what is given."""
        return {*self.files, *self.sets, *self.settings, *self.seeds}

    @property
    def paths(self):
        """All files that are read beside the images."""
        files = [*self.files.values()]
        for masks in self.sets.values():
            for paths in masks.values():
                files += paths
        return files


def given_inputs(options, images):
    """The inputs beside the images that the options give.

    Args:
        options: options of `with_inputs`.
        images: list of paths, the images to translate.

    Returns:
        `Inputs`.

    Raises:
        UserError: a file is missing, or there is one mask for many images.
    """
    ports, inputs = option_ports(), Inputs()
    for name, port in ports.items():
        value = getattr(options, name)
        if value is None or value == ():
            continue
        if port.kind == "seed":
            inputs.seeds[name] = value
        elif port.kind == "attributes":
            inputs.settings[name] = value
        elif port.kind == "masks":
            inputs.sets[name] = list_masks(name, images, value)
        elif value.is_file():
            inputs.files[name] = value
        else:
            raise UserError(f"`{value}` is not a file.")
    for name in inputs.files:
        picture = ports[name].picture
        if picture not in ("image", *inputs.files):
            raise UserError(
                f"`{option_of(name)}` needs `{option_of(picture)}`, too."
            )
        if picture == "image" and len(images) > 1:
            raise UserError(
                f"`{option_of(name)}` is the mask of one image. Got: "
                f"{len(images)} images as `--input`."
            )
    return inputs


def results_of(inputs, images):
    """Names of what is made of every image beside its translation.

    Args:
        inputs: `Inputs`.
        images: list of paths.

    Returns:
        dict of image to a list of names, such as "mask" and "instance_0".
    """
    names = {image: [] for image in images}
    for name, port in all_ports("outputs").items():
        if port.kind == "mask" and port.picture in ("image", *inputs.files):
            for image in images:
                names[image].append(name)
        if port.kind == "masks" and name in inputs.sets:
            for image, masks in inputs.sets[name].items():
                names[image] += result_names(name, len(masks))
    return names


def list_masks(name, images, folder):
    """The mask files of every image, in the order of their numbers.

    Args:
        name: str, name of the port.
        images: list of paths.
        folder: path of a folder with NAME_0.png and so on.

    Returns:
        dict of image to list of paths.

    Raises:
        UserError: the folder is missing, or an image has no mask or two masks
            with the same number.
    """
    from data_pipelines.folders import instance_files, mask_problem

    masks_by_stem = instance_files(Path(folder))
    if masks_by_stem is None:
        raise UserError(
            f"`{option_of(name)}` must be a folder of masks. Got: `{folder}`"
        )
    missing = [image for image in images if image.stem not in masks_by_stem]
    if missing:
        raise UserError(
            f"{len(missing)} of {len(images)} images have no masks in "
            f"`{folder}`, the first is `{missing[0]}`: expected "
            f"`{missing[0].stem}_0.png`. For an image without objects add one "
            "that is all black."
        )
    for image in images:
        problem = mask_problem(masks_by_stem[image.stem])
        if problem:
            raise UserError(f"`{image}` {problem}")
    return {
        image: [path for _, path in masks_by_stem[image.stem]]
        for image in images
    }


def read_files(path, masks=()):
    """An image and masks, with the checks of the training data.

    Args:
        path: file of the image.
        masks: paths of its masks. They have the size of the image.

    Returns:
        list of (H, W, 3) uint8 arrays. The image is the first.

    Raises:
        UserError: a file is bad. The text is only the reason.
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


def read_mask_file(path):
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


def read_beside(files, height, width):
    """Other images and masks that go with an image.

    Args:
        files: dict of port to path.
        height, width: ints, the size of the image.

    Returns:
        dict of name to (1, H', W', C) uint8. A mask of the image has the size
        of the image. A mask of an exemplar has the size of the exemplar.

    Raises:
        UserError: a file cannot be read, or a mask has another size than its
            picture. The text follows the path of the image.
    """
    ports, pixels = option_ports(), {}
    for name, path in files.items():
        try:
            if ports[name].kind == "image":
                pixels[name] = read_files(path)[0]
            else:
                pixels[name] = read_mask_file(path)[..., None]
        except UserError as error:
            raise UserError(f"its {name} `{path}` {error}") from error
    return beside(pixels, height, width, files)


def beside(pixels, height, width, files=None):
    """`read_beside` of what is in memory.

    Args:
        pixels: dict of port to (H', W', C) uint8.
        height, width: ints, the size of the image.
        files: dict of port to path, for messages. None: they are in memory.

    Returns:
        dict, see `read_beside`.

    Raises:
        UserError: a mask has another size than its picture. The text follows
            the path of the image.
    """
    ports = option_ports()
    for name, values in pixels.items():
        picture = ports[name].picture
        size = (height, width)
        if picture != "image":
            if picture not in pixels:
                raise UserError(f"needs `{picture}`, too, for its `{name}`")
            size = pixels[picture].shape[:2]
        problem = size_problem(values.shape[:2], size, f"the {picture}")
        if problem:
            where = f"`{files[name]}` {problem}" if files else problem
            raise UserError(
                f"has a {name.replace('_', ' ')} of another size: {where}"
            )
    return {name: values[None] for name, values in pixels.items()}


def check_inputs(run, method, inputs):
    """Looks whether what is given fits the method.

    Args:
        run: path, for the message.
        method: `TranslationMethod`.
        inputs: `Inputs`.

    Returns:
        `Inputs` with settings as numbers, see `target_attributes`.

    Raises:
        UserError: an input is missing or too much, or a setting is wrong.
    """
    for port in method.spec.required:
        if port.name != "image" and port.name not in inputs.names:
            known = ""
            if port.kind == "attributes":
                known = f" Known: {', '.join(method.config.attributes)}."
            raise UserError(
                f"`{run}` needs `{port.name}`: add {option_of(port.name)} "
                f"{_VALUES[port.kind]}.{known}"
            )
    port_names = {port.name for port in method.spec.inputs}
    for name in inputs.names:
        if name not in port_names:
            words = name.replace("_", " ")
            raise UserError(
                f"`{run}` takes no {words}; leave {option_of(name)} out."
            )
    problem = clash(
        _chosen_images(method, inputs), [option_of(n) for n in inputs.seeds]
    )
    if problem:
        raise UserError(problem)
    settings = {
        name: target_attributes(method, values)
        for name, values in inputs.settings.items()
    }
    return dataclasses.replace(inputs, settings=settings)


def _chosen_images(method, inputs):
    """Options of the images that are given in place of a number."""
    port_names = [port.name for port in method.spec.images_taken]
    return [option_of(name) for name in port_names if name in inputs.files]


def samples_of(run, method, inputs, samples):
    """The other inputs of an image, once for each of its answers.

    Args:
        run: path, for the message.
        method: `TranslationMethod`.
        inputs: `Inputs`.
        samples: int, how many answers each image gets.

    Returns:
        dict of the answer's number to `Inputs`. For one answer, it is {0:
        inputs}.

    Raises:
        UserError: the method has only one answer, or an image chooses it.
    """
    port = method.spec.several
    try:
        numbers = numbers_of_samples(
            f"`{run}`",
            samples,
            None if port is None else inputs.seeds.get(port.name, 0),
            _chosen_images(method, inputs),
        )
    except ValueError as error:
        raise UserError(str(error)) from None
    if numbers is None:
        return {0: inputs}
    return {
        seed: dataclasses.replace(inputs, seeds={port.name: seed})
        for seed in numbers
    }


def target_attributes(method, settings):
    """Settings as numbers.

    Args:
        method: `TranslationMethod` that sets attributes.
        settings: strings such as "Smiling=1".

    Returns:
        (1, K) float32, 1 (on), 0 (off) or -1 (as it is).

    Raises:
        UserError: a setting is not NAME=0 or NAME=1, or the method does not
            know the name.
    """
    names = method.config.attributes
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
