"""Images in memory or in files, translated to arrays in memory."""

import dataclasses
import os
from pathlib import Path

import numpy as np

from serving.commands.tiles import tiling_of
from tfmask.ops.arrays import image_to_uint8, mask_to_uint8
from tfmask.ops.errors import UserError
from tfmask.translation.inputs import (
    beside,
    read_files,
    read_mask_file,
    target_attributes,
)
from tfmask.translation.translate import (
    compiled_translate,
    direction_of,
    translate_pixels,
)


@dataclasses.dataclass(frozen=True)
class TranslatedImage:
    """One translation.

    Attributes:
        image: (H, W, 3) uint8.
        mask: (H, W) uint8, 255 at the places of the change.
        others: dict of name to uint8 array, the other outputs of the method,
            for example `exemplar_mask` or `instance_0`.
    """

    image: np.ndarray
    mask: np.ndarray
    others: dict


def translate_images(
    model, images, direction, inputs, *, tile=None, overlap=None, progress=None
):
    """See `tfmask.methods.python_use.PythonUse.translate_images`."""
    try:
        tiling = tiling_of(tile, overlap)
    except ValueError as error:
        raise UserError(str(error)) from error
    direction = direction_of(model.name, model, direction)
    inputs = {name: v for name, v in inputs.items() if v is not None}
    _check_names(model.spec, inputs)
    many = _is_many(images)
    images = list(images) if many else [images]
    ports = {port.name: port for port in model.spec.inputs}
    optional = tuple(sorted(n for n in inputs if ports[n].optional))
    translate = model.translation_graph(direction, optional, compiled_translate)
    results = []
    for number, image in enumerate(images):
        where = f"images[{number}]" if many else "image"
        pixels = _picture(image, where)
        values = _values(model, ports, inputs, pixels, number if many else None)
        try:
            answer = translate_pixels(
                translate, model, pixels, values, tiling, progress
            )
        except UserError as error:
            raise UserError(f"`{where}` {error}.") from error
        mask = answer.pop("mask")[..., 0]
        others = {
            name: value if value.shape[-1] == 3 else value[..., 0]
            for name, value in answer.items()
            if name != "image"
        }
        results.append(TranslatedImage(answer["image"], mask, others))
    return results if many else results[0]


def _is_many(images):
    """Whether it is a list of images, or a batch of them."""
    return isinstance(images, list | tuple) or np.ndim(images) == 4


def _check_names(spec, inputs):
    names = [port.name for port in spec.inputs[1:]]
    for name in inputs:
        if name not in names:
            what = ", ".join(names) or "images alone"
            raise UserError(f"{spec.name} takes {what}. Got: `{name}`.")
    for port in spec.required[1:]:
        if port.name not in inputs:
            raise UserError(
                f"`{port.name}` is missing: {spec.name} needs it beside the "
                "images, see docs/python.md."
            )
    for port in spec.images_taken if spec.several else ():
        if {port.name, spec.several.name} <= inputs.keys():
            raise UserError(
                f"`{port.name}` and `{spec.several.name}` do not go together."
            )


def _values(model, ports, inputs, pixels, number):
    """The other inputs of one image, as `translate_pixels` takes them."""
    values, others = {}, {}
    for name, value in inputs.items():
        kind = ports[name].kind
        if kind == "seed":
            values[name] = np.array([int(value)], np.int64)
        elif kind == "attributes":
            values[name] = _attributes(model, value)
        elif kind == "image":
            others[name] = _picture(value, name, as_uint8=True)
        else:
            own = value if number is None else _of(value, number, name)
            if kind == "mask":
                others[name] = _mask(own, name)[..., None]
            else:
                values[name] = _masks(own, name, pixels.shape[:2])
    try:
        return values | beside(others, *pixels.shape[:2])
    except UserError as error:
        raise UserError(f"The image {error}.") from error


def _of(value, number, name):
    """The value of a list that belongs to an image."""
    if not isinstance(value, list | tuple) or len(value) <= number:
        raise UserError(
            f"`{name}` belongs to one image. For a list of images give a list "
            f"of the same length. Got: {type(value).__name__}."
        )
    return value[number]


def _attributes(model, value):
    if isinstance(value, dict):
        value = [f"{name}={int(on)}" for name, on in value.items()]
    if isinstance(value, str):
        value = [value]
    return target_attributes(model, value)


def _masks(value, name, size):
    """(1, K, H, W, 1) uint8."""
    masks = [_mask(mask, f"{name}[{n}]") for n, mask in enumerate(value)]
    if not masks or any(mask.shape != size for mask in masks):
        sizes = sorted({mask.shape for mask in masks}) or "none"
        raise UserError(
            f"`{name}` must hold 1 mask or more of the image's size, {size} "
            f"(height, width). Got: {sizes}."
        )
    return np.stack(masks)[None, ..., None]


def _picture(value, name, *, as_uint8=False):
    """(H, W, 3), uint8 or float32 in [-1, 1], of whatever holds an image."""
    if isinstance(value, str | os.PathLike):
        path = Path(value).expanduser()
        try:
            return read_files(path)[0]
        except UserError as error:
            raise UserError(f"`{name}`: `{path}` {error}.") from error
    if hasattr(value, "convert") and hasattr(value, "getexif"):
        from PIL import ImageOps

        return np.asarray(ImageOps.exif_transpose(value).convert("RGB"))
    pixels = np.asarray(value)
    description = f"{pixels.dtype} {pixels.shape}"
    if pixels.ndim == 3 and pixels.shape[-1] == 3:
        if pixels.dtype == np.uint8:
            return pixels
        if np.issubdtype(pixels.dtype, np.floating):
            low, high = pixels.min(initial=1), pixels.max(initial=-1)
            if low >= -1.0 and high <= 1.0:
                pixels = pixels.astype(np.float32)
                return image_to_uint8(pixels) if as_uint8 else pixels
            description += f" from {low:.4g} to {high:.4g}"
    elif not pixels.ndim:
        description = type(value).__name__
    raise UserError(
        f"`{name}` must be a path, a PIL image, or an array (height, width, "
        f"3), uint8 or float in [-1, 1]. Got: {description}."
    )


def _mask(value, name):
    """(H, W) uint8, of whatever holds a mask."""
    if isinstance(value, str | os.PathLike):
        path = Path(value).expanduser()
        try:
            return read_mask_file(path)
        except UserError as error:
            raise UserError(f"`{name}`: `{path}` {error}.") from error
    if hasattr(value, "convert"):
        value = value.convert("L")
    mask = np.asarray(value)
    if mask.ndim == 3 and mask.shape[-1] == 1:
        mask = mask[..., 0]
    if mask.ndim == 2:
        if mask.dtype == np.uint8:
            return mask
        low, high = mask.min(initial=0), mask.max(initial=0)
        if mask.dtype == bool or (
            np.issubdtype(mask.dtype, np.floating) and low >= 0 and high <= 1
        ):
            return mask_to_uint8(mask)
    raise UserError(
        f"`{name}` must be a path, a PIL image, or an array (height, width), "
        "uint8 from 0 to 255, bool, or float from 0 to 1. Got: "
        f"{mask.dtype} {mask.shape}."
    )
