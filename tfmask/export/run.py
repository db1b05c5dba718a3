"""A trained model becomes the next version of a served model."""

import sys
from pathlib import Path

from tfmask.export.publishing import check_place
from tfmask.export.serving_config import SERVER_BASE, write_serving_config
from tfmask.export.signatures import export_method
from tfmask.methods.python_use import require_method
from tfmask.ops.arrays import MAX_PIXELS
from tfmask.ops.errors import UserError
from tfmask.ops.package_versions import package_versions
from tfmask.reports.model_card import read_thresholds


def export_run(
    model,
    base,
    name,
    *,
    warm_up_batches=(1,),
    max_pixels=MAX_PIXELS,
    check=False,
    server_base=SERVER_BASE,
):
    """Publishes a model, and writes the server's files beside it.

    Args:
        model: `TranslationMethod` of `tfmask.load_run` or
            `tfmask.from_preset`.
        base: path, folder of all models. The version is BASE/NAME/INTEGER.
        name: str, name of the served model.
        warm_up_batches: ints in 1..128, batch sizes of warm-up requests.
        max_pixels: int, pixels that the images of a request may have.
        check: bool; a fresh process must give the same answers as the model.
            Otherwise nothing is published.
        server_base: str, the path of `base` on the server.

    Returns:
        Path of the version.

    Raises:
        UserError: an argument is wrong, or the check fails.
    """
    require_method(model)
    if not all(0 < size <= 128 for size in warm_up_batches):
        raise UserError(
            f"`warm_up_batches` must lie in 1..128. Got: {warm_up_batches}"
        )
    if max_pixels < 1:
        raise UserError(f"`max_pixels` must be 1 or more. Got: {max_pixels}")
    base = Path(base).expanduser()
    check_place(base, name)
    config, run = model.origin.config, model.origin.run
    step = int(model.step.numpy())
    path = export_method(
        model,
        base,
        name,
        facts={
            "method": config.method_name,
            "preset": config.preset,
            "image_size": config.data.image_size,
            "step": step,
            "mask_thresholds": read_thresholds(run, step) if run else {},
            "versions": package_versions(),
        },
        warm_up_batches=warm_up_batches,
        max_pixels=max_pixels,
        check=check,
    )
    for edited in write_serving_config(base, server_base):
        print(
            f"tfmask export: left `{edited}` as it is: it was edited. Bring "
            "it up to date by hand, or remove it and export again.",
            file=sys.stderr,
        )
    return path
