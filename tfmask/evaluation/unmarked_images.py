"""Images without a mask, and how much each would teach."""

import dataclasses

import numpy as np

from data_pipelines.folders import images_of, instance_files, mask_files
from data_pipelines.prepare.varied import spread, thumbnail, without_repeats
from tfmask.ops.errors import UserError
from tfmask.ops.start import load_tensorflow

BATCH = 8


@dataclasses.dataclass(frozen=True)
class Unmarked:
    """The training images of a domain.

    Attributes:
        paths: list of the images without a mask.
        thumbnails: (N, D) float32, small versions of these images.
        known: (K, D) float32, small versions of the images with a mask.
    """

    paths: list
    thumbnails: np.ndarray
    known: np.ndarray


def unmarked(root, domain, *, skip_bad_files, advance):
    """Looks at the training images of a domain.

    Args:
        root: folder with trainA and trainB.
        domain: "a" or "b".
        skip_bad_files: bool; skips files that cannot be read. False: they are
            an error.
        advance: called after each image.

    Returns:
        `Unmarked`.

    Raises:
        UserError: the folder is missing, or a file is bad.
    """
    name = f"train{domain.upper()}"
    marked = {
        *(mask_files(root / f"{name}_mask") or ()),
        *(instance_files(root / f"{name}_seg") or ()),
    }
    paths, known, looks = [], [], []
    for path, problem in images_of(root, name):
        try:
            if problem:
                raise UserError(problem)
            look = thumbnail(path)
        except UserError as error:
            if not skip_bad_files:
                raise UserError(
                    f"{path}: {error}. Repair or remove it, or leave it out "
                    "with --skip-bad-files."
                ) from error
        else:
            if path.stem in marked:
                known.append(look)
            else:
                paths.append(path)
                looks.append(look)
        advance()
    return Unmarked(paths, np.array(looks), np.array(known))


def uncertainty(mask):
    """How far a mask is from a decision: mean of `4 m (1 - m)`.

    Args:
        mask: (B, H, W, 1) in [0, 1].

    Returns:
        (B,) float. It is 0 if all values are 0 or 1. It is 1 if all values are
        a half.
    """
    return np.mean(4.0 * mask * (1.0 - mask), axis=(1, 2, 3))


def uncertainties(root, run, *, skip_bad_files, load_run=None):
    """How uncertain a run is of its masks.

    Args:
        root: folder with trainA and trainB.
        run: run folder.
        skip_bad_files: bool; skips files that cannot be read. False: they are
            an error.
        load_run: stands in for that of `tfmask.training.run_folder`.

    Returns:
        dict of domain to dict of an image's name to `uncertainty`. It has the
        domains that the run translates.

    Raises:
        UserError: it is not a run of a method for two domains of plain images.
    """
    load_tensorflow()
    from tfmask.evaluation.context import Context
    from tfmask.methods import method_spec
    from tfmask.training.training_data import open_images

    if load_run is None:
        from tfmask.training.run_folder import load_run

    config, method = load_run(run)
    spec = method.spec
    if spec.data != "unpaired" or len(spec.required) > 1:
        raise UserError(
            f"`{run}` is a run of {spec.name}, which does not find "
            "masks of single images of two domains. Give another --run, or "
            "leave it out."
        )
    # No masks are used. So any of them may be missing.
    changed = dataclasses.replace(
        config.data,
        location=str(root),
        skip_bad_files=skip_bad_files,
        masks_for_training=0,
    )
    config = dataclasses.replace(config, data=changed)
    data = open_images(config, method_spec(spec.name), ("train",))
    context = Context(method, data, split="train", batch_size=BATCH)
    by_domain = {}
    for direction in method.directions:
        translate, domain = context.translation(direction), direction[0]
        names = context.names(domain)
        by_domain[domain] = {
            names[index]: float(value)
            for batch in context.read(data.test_batches, domain)
            for index, value in zip(
                batch["index"],
                uncertainty(translate({"image": batch["image"]})["mask"]),
                strict=True,
            )
        }
    return by_domain


def rows_of(images, domain, count, values=None):
    """Rows of the table: the images of a domain to mark, best first.

    Args:
        images: `Unmarked`.
        domain: "a" or "b".
        count: int, the largest number of rows.
        values: dict of name to uncertainty. None if there is no run.

    Returns:
        list of (domain, file, uncertainty), file as "trainA/NAME.jpg".
    """
    if values is None:
        chosen = spread(images.thumbnails, images.known, count)
    else:
        own = np.array([values[path.stem] for path in images.paths])
        chosen = without_repeats(own, images.thumbnails, images.known, count)
    rows = []
    for path in (images.paths[index] for index in chosen):
        value = "" if values is None else f"{values[path.stem]:.4f}"
        rows.append((domain, f"{path.parent.name}/{path.name}", value))
    return rows
