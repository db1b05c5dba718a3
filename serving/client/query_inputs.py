"""Masks, exemplars and other inputs of `tfmask query`, from its options."""

import pathlib
import re
from dataclasses import dataclass, field
from typing import Any

from serving.client.ports import KINDS, Ports, picture_of
from serving.commands.answers import clash, numbers_of_samples
from serving.commands.command_line import expand_home, option_of
from serving.commands.files import CLIENT_SUFFIXES, scan_folder
from serving.commands.pictures import (
    PictureError,
    read_image,
    read_mask,
    resized,
    size_problem,
)


class QueryError(Exception):
    """Ends the command with one line."""


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """The inputs beside the images, by the names of the model's inputs.

    Attributes:
        pictures: dict of name to the file of another image.
        masks: dict of name to the file of the caller's own mask.
        sets: dict of name to another dict: image to its masks of single
            objects.
        attributes: dict of name to numbers.
        seeds: dict of name to the number of a random choice.
    """

    pictures: dict[str, pathlib.Path] = field(default_factory=dict)
    masks: dict[str, pathlib.Path] = field(default_factory=dict)
    sets: dict[str, dict[pathlib.Path, list[pathlib.Path]]] = field(
        default_factory=dict
    )
    attributes: dict[str, list[float]] = field(default_factory=dict)
    seeds: dict[str, int] = field(default_factory=dict)

    @property
    def files(self) -> list[pathlib.Path]:
        """All files that are read beside the images."""
        return [
            *self.pictures.values(),
            *self.masks.values(),
            *(
                path
                for masks in self.sets.values()
                for paths in masks.values()
                for path in paths
            ),
        ]

    def of(self, image: pathlib.Path) -> dict[str, Any]:
        """Arguments of `Client.translate` for an image; no masks."""
        sets = {name: masks[image] for name, masks in self.sets.items()}
        return {**self.pictures, **sets, **self.attributes, **self.seeds}


def read_inputs(
    values_by_name: dict[str, list[str]],
    ports: Ports,
    model: str,
    images: list[pathlib.Path],
) -> Inputs:
    """Holds the other options against what the model takes.

    Args:
        values_by_name: name to values; `parse_with_inputs` explains them.
        ports: the ports of the model.
        model: str, its name.
        images: the images to translate.

    Raises:
        QueryError: an option is missing, is too much, or does not fit.
    """
    for name in ports.required:
        if name != "image" and name not in values_by_name:
            raise QueryError(f"{model} needs {option_of(name)}")
    values_by_kind: dict[str, dict[str, Any]] = {kind: {} for kind in KINDS}
    for name, values in values_by_name.items():
        if name not in ports.inputs or name == "image":
            words = name.replace("_", " ")
            raise QueryError(
                f"{model} takes no {words}; leave {option_of(name)} out"
            )
        kind = ports.inputs[name]
        values_by_kind[kind][name] = _READERS[kind](name, values, ports, images)
    problem = clash(
        [option_of(name) for name in ports.instead if name in values_by_name],
        [option_of(name) for name in values_by_kind["seed"]],
    )
    if problem:
        raise QueryError(problem)
    for name in values_by_kind["mask"]:
        picture = picture_of(name)
        if picture == "image" and len(images) > 1:
            raise QueryError(
                f"{option_of(name)}: expected one image as --input. Got: "
                f"{len(images)}."
            )
    return Inputs(
        pictures=values_by_kind["image"],
        masks=values_by_kind["mask"],
        sets=values_by_kind["masks"],
        attributes=values_by_kind["attributes"],
        seeds=values_by_kind["seed"],
    )


def samples_of(
    inputs: Inputs, ports: Ports, model: str, samples: int
) -> range | None:
    """The numbers of an image's answers; None: there is one, unnumbered.

    Args:
        inputs: the inputs that go with the images.
        ports: the ports of the model.
        model: str, its name.
        samples: int, how many answers each image gets.

    Raises:
        QueryError: the model has only one answer, or another image decides it.
    """
    first = None
    if ports.seeds:
        first = next(iter(inputs.seeds.values()), 0)
    images = [option_of(n) for n in ports.instead if n in inputs.pictures]
    try:
        return numbers_of_samples(model, samples, first, images)
    except ValueError as error:
        raise QueryError(str(error)) from None


def _one_path(name, values):
    if len(values) != 1:
        raise QueryError(
            f"{option_of(name)}: expected one path. Got: {len(values)}."
        )
    try:
        return expand_home(pathlib.Path(values[0]))
    except ValueError as error:
        raise QueryError(f"{option_of(name)}: {error}") from None


def _file(name, values, ports, images):
    path = _one_path(name, values)
    if not path.is_file():
        raise QueryError(f"{option_of(name)} {path}: no such file")
    return path


def _folder(name, values, ports, images):
    folder = _one_path(name, values)
    if not folder.is_dir():
        raise QueryError(
            f"`{option_of(name)}` must be a folder of masks. Got: `{folder}`"
        )
    return {image: find_masks(name, image, folder) for image in images}


def _numbers(name, values, ports, images):
    try:
        numbers = [float(value) for value in values]
    except ValueError as error:
        raise QueryError(f"{option_of(name)}: {error}") from None
    if len(numbers) != ports.attributes:
        raise QueryError(
            f"{option_of(name)}: expected {ports.attributes} numbers. Got: "
            f"{len(numbers)}."
        )
    return numbers


def _number(name, values, ports, images):
    if len(values) != 1 or not re.fullmatch(r"-?\d+", values[0]):
        raise QueryError(
            f"{option_of(name)}: expected one whole number. Got: "
            f"{' '.join(values) or 'none'}."
        )
    return int(values[0])


_READERS = {
    "image": _file,
    "mask": _file,
    "masks": _folder,
    "attributes": _numbers,
    "seed": _number,
}


def find_masks(
    name: str, image: pathlib.Path, folder: pathlib.Path
) -> list[pathlib.Path]:
    """The masks of an image's objects, in the order of their numbers.

    Args:
        name: str, the name of the input.
        image: the image's file.
        folder: the folder of the masks.

    Returns:
        list of paths.

    Raises:
        QueryError: there is no mask, or two masks have the same number.
    """
    masks_by_number = {}
    for path, problem in scan_folder(folder, CLIENT_SUFFIXES).images:
        stem, _, number = path.stem.rpartition("_")
        if stem == image.stem and number.isdecimal():
            if problem:
                raise QueryError(f"{option_of(name)}: {path} {problem}.")
            other = masks_by_number.setdefault(int(number), path)
            if other is not path:
                raise QueryError(
                    f"{option_of(name)} {folder}: {other.name} and {path.name} "
                    f"are both mask {int(number)} of {image}. Remove one of "
                    "them."
                )
    if not masks_by_number:
        raise QueryError(
            f"{option_of(name)} {folder}: no mask of {image}, expected "
            f"{image.stem}_0.png. For an image without objects add one that "
            "is all black."
        )
    return [masks_by_number[number] for number in sorted(masks_by_number)]


def read_edited(inputs: Inputs, image: pathlib.Path) -> dict[str, Any]:
    """The arrays of a request with the caller's masks.

    Args:
        inputs: `Inputs` with masks.
        image: the one image's file.

    Returns:
        name to uint8 array, all of the image's size: `image`, other images
        and the masks.

    Raises:
        QueryError: a file cannot be read or has the wrong size.
    """
    try:
        import PIL  # noqa: F401
    except ImportError:
        raise QueryError("masks need Pillow: pip install pillow") from None

    def read(path, reader, **how):
        try:
            return reader(path.read_bytes(), **how)
        except OSError as error:
            raise QueryError(f"{path}: {error.strerror}") from None
        except PictureError as error:
            raise QueryError(f"{path}: {error}") from None

    pictures = {"image": image, **inputs.pictures}
    pixels = {name: read(path, read_image) for name, path in pictures.items()}
    for name, path in inputs.masks.items():
        picture = picture_of(name)
        pixels[name] = read(path, read_mask, soft=True)
        problem = size_problem(
            pixels[name].shape, pixels[picture].shape[:2], f"the {picture}"
        )
        if problem:
            raise QueryError(f"{path}: {problem}")
    height, width = pixels["image"].shape[:2]
    return {
        name: resized(values, height, width) for name, values in pixels.items()
    }
