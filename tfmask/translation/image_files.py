"""Which images go in, and where their results go, for commands."""

from serving.commands import files
from tfmask.ops.errors import UserError


def list_images(source):
    """The image files of a folder, or the one file.

    Args:
        source: path of a file or folder.

    Returns:
        `serving.commands.files.Listing`.

    Raises:
        UserError: there is no image.
    """
    try:
        return files.list_images(source)
    except ValueError as error:
        raise UserError(str(error)) from error


def plan_outputs(images, output, masks, **options):
    """Where every result goes, checked before anything is written.

    See `serving.commands.files.plan_outputs`.

    Raises:
        UserError: as there.
    """
    try:
        return files.plan_outputs(images, output, masks, **options)
    except ValueError as error:
        raise UserError(str(error)) from error


def require_images(listing):
    """The images, where every one is needed.

    Args:
        listing: `Listing`.

    Returns:
        list of paths.

    Raises:
        UserError: some of them cannot be read.
    """
    if listing.problems:
        raise UserError(bad_images(listing.problems, listing.count, "read"))
    return listing.images


def bad_images(problems, count, done):
    """The message about images that nothing became of.

    Args:
        problems: dict of path to reason.
        count: int, images in all.
        done: str, the result of the other images.
    """
    return f"{len(problems)} of {count} images could not be {done}:\n" + (
        "\n".join(f"  {path}: {reason}" for path, reason in problems.items())
    )
