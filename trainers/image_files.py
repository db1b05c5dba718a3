"""Which images go in, and where their results go."""

from pathlib import Path

from tfmask.ops.errors import UserError


def list_images(source):
    """The image files of a folder in natural order, or the one file.

    Args:
        source: path of a file or folder.

    Returns:
        (list of paths of images, list of paths of other files).

    Raises:
        UserError: if there is nothing to translate.
    """
    from data_pipelines.folders import SUFFIXES, natural_key

    source = Path(source)
    if source.is_file():
        return [source], []
    if not source.is_dir():
        raise UserError(
            f"Expected an image or a folder of images. Got: `{source}`, "
            "which is not there."
        )
    files = [
        path
        for path in source.iterdir()
        if path.is_file() and not path.name.startswith(".")
    ]
    files.sort(key=lambda path: natural_key(path.name))
    images = [path for path in files if path.suffix.lower() in SUFFIXES]
    if not images:
        raise UserError(
            f"Expected images ({', '.join(SUFFIXES)}) in `{source}`. Got: "
            f"{len(files)} other files."
        )
    return images, [path for path in files if path not in images]


def plan_outputs(
    images,
    output,
    *,
    mask_output=None,
    instances=None,
    edits=None,
    overwrite=False,
):
    """Where every result goes, checked before anything is written.

    Args:
        images: list of paths.
        output: folder.
        mask_output: folder of all masks; None: `output`.
        instances: dict of `list_instances`, or None.
        edits: dict of `edit_files`, or None.
        overwrite: bool; False refuses results that are already there.

    Returns:
        dict of image to a tuple of paths: the translation's, the mask's,
        with an exemplar its mask's, and one for each instance.

    Raises:
        UserError: if two results would have one name, or a result would
            replace an input (always) or an older result (`overwrite`).
    """
    output = Path(output)
    mask_output = Path(mask_output or output)
    for option, folder in (("output", output), ("mask-output", mask_output)):
        if folder.exists() and not folder.is_dir():
            raise UserError(
                f"`--{option}` must be a folder. Got: `{folder}`, a file."
            )
    instances, edits = instances or {}, edits or {}
    plan, owner = {}, {}
    inputs = {path.resolve() for path in images}
    inputs |= {path.resolve() for path in edits.values()}
    inputs |= {mask.resolve() for masks in instances.values() for mask in masks}
    for image in images:
        ends = ["", "_mask"]
        if "exemplar" in edits:
            ends.append("_exemplar_mask")
        ends += [
            f"_instance_{number}"
            for number in range(len(instances.get(image, ())))
        ]
        plan[image] = tuple(
            (mask_output if end else output) / f"{image.stem}{end}.png"
            for end in ends
        )
        for path in plan[image]:
            if path.resolve() in inputs:
                raise UserError(
                    f"The result `{path}` would replace an input. Give "
                    "another folder as `--output`."
                )
            if path in owner:
                raise UserError(
                    f"`{owner[path]}` and `{image}` would both become "
                    f"`{path}`. Rename one of them."
                )
            owner[path] = image
    existing = [path for path in owner if path.exists()]
    if existing and not overwrite:
        raise UserError(
            f"{len(existing)} of {len(owner)} results are already there, "
            f"the first is `{existing[0]}`. Give `--overwrite` or another "
            "folder as `--output`."
        )
    return plan
