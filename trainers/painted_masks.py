"""Which masks `tfmask app --mark` has painted, and from what start."""

import functools
import threading

from data_pipelines.marking import (
    MaskExists,
    read_list,
    save_mask,
    saved_mask,
)
from serving.app.marking import Marking
from serving.app.painting import reduced
from serving.app.translation_requests import directions
from serving.commands.pictures import binary, read_mask, resized
from tfmask.ops.errors import UserError
from trainers.prepare_masks import images_to_mark


def files_to_mark(options, load_run=None):
    """The training images that come up: list of "trainA/NAME.jpg"."""

    if options.list is not None:
        files = read_list(options.list)
    else:
        images = images_to_mark(
            options.mark,
            count=options.count,
            skip_bad_files=options.skip_bad_files,
            run=options.run,
            load_run=load_run,
        )
        files = [file for _, rows in images.values() for _, file, _ in rows]
    wanted = {f"train{domain.upper()}" for domain in options.domains}
    files = [file for file in files if file.split("/")[0] in wanted]
    if not files:
        raise UserError(
            f"There is no image to mark: all listed images of "
            f"{' and '.join(sorted(wanted))} in `{options.mark}` have a mask."
        )
    return files


def masks_of_run(run, load_run=None):
    """The masks that a run finds now.

    Args:
        run: run folder.
        load_run: stands in for that of `tfmask.training.run_folder`.

    Returns:
        function of a direction and a picture (H, W, 3) uint8. It returns a mask
        (H, W) uint8, or None if the run has no such direction.
    """

    if load_run is None:
        from tfmask.training.run_folder import load_run
    config, method = load_run(run)
    side = config.data.image_size
    height, width = (side, side) if isinstance(side, int) else side
    # Only one person uses the page, but it can be opened twice.
    lock = threading.Lock()

    def mask(direction, picture):
        if direction not in method.directions:
            return None
        with lock:
            # The size is that of the training, as for `prepare masks`.
            answer = method.translate_images(
                resized(picture, height, width), direction
            )
        return resized(answer.mask, *picture.shape[:2])

    return mask


def masks_of_server(client, model):
    """The masks that a served model finds; see `masks_of_run`."""

    known = directions(client.metadata(model=model))

    def mask(direction, picture):
        if direction not in known:
            return None
        answer = client.translate(reduced(picture), direction, model=model)
        return resized(answer.mask, *picture.shape[:2])

    return mask


def marking_of(options, mask=None, load_run=None):
    """The images and functions of the page of masks.

    Args:
        options: `Options`.
        mask: function of a direction and a picture; see `masks_of_run`.
        load_run: stands in for that of `tfmask.training.run_folder`.

    Returns:
        `serving.app.marking_page.Marking`.
    """

    def present(file, picture):
        there = saved_mask(options.mark, file)
        if there is not None:
            return binary(read_mask(there.read_bytes()))
        if mask is None:
            return None
        domain = file[len("train")].lower()
        answer = mask("a_to_b" if domain == "a" else "b_to_a", picture)
        # Saved masks have only 0 and 255. So the page also shows such a mask.
        return None if answer is None else binary(answer)

    return Marking(
        root=options.mark,
        files=files_to_mark(options, load_run),
        present=present,
        saved=functools.partial(saved_mask, options.mark),
        save=lambda file, levels, replace: save_mask(
            options.mark, file, levels, replace=replace
        ),
        exists=MaskExists,
    )
