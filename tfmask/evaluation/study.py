"""Pictures of two runs, and the page on which people compare them."""

import base64
import json
import random
import secrets
import sys
from pathlib import Path

from tfmask.ops.errors import UserError
from tfmask.ops.files import (
    write_png,
    write_text,
)
from tfmask.translation.image_files import list_images, require_images
from tfmask.translation.inputs import Inputs, check_inputs, read_files
from tfmask.translation.translate import (
    compiled_translate,
    direction_of,
    translate_file,
)

FORMAT = "tfmask-study-1"  # format of the answers that the page saves


PAGE = Path(__file__).with_name("study_page.html")


def run_names(runs):
    """Names for the report: the folders', and where they are alike, paths.

    Raises:
        UserError: both are the same folder.
    """
    if runs[0].resolve() == runs[1].resolve():
        raise UserError(f"Expected two different runs. Got: `{runs[0]}` twice.")
    names = [run.resolve().name for run in runs]
    return names if names[0] != names[1] else list(map(str, runs))


def ready_pictures(folder, inputs):
    """Translations that lie in a folder, in the order of the inputs.

    Args:
        folder: path.
        inputs: list of paths of images.

    Returns:
        list of (H, W, 3) uint8 arrays.

    Raises:
        UserError: one is missing, unreadable, or of another size.
    """
    pictures_of = {path.stem: path for path in images_of(folder)}
    missing = [path for path in inputs if path.stem not in pictures_of]
    if missing:
        raise UserError(
            f"`{folder}` is no run (no config.json) and lacks pictures of "
            f"{len(missing)} of {len(inputs)} inputs, the first is "
            f"`{missing[0].stem}.png`."
        )
    pictures = []
    for path in inputs:
        ready = pictures_of[path.stem]
        picture, size = read_picture(ready), read_picture(path).shape
        if picture.shape != size:
            raise UserError(
                f"`{ready}` is {picture.shape[:2]}, expected the size of "
                f"`{path}`, {size[:2]} (height, width)."
            )
        pictures.append(picture)
    return pictures


def translated_pictures(
    run, inputs, exemplars, options, advance, load_run=None
):
    """A run's translations of the inputs.

    Args:
        run: folder of `tfmask train`.
        inputs: list of paths of images.
        exemplars: list of paths of their exemplars, or None.
        options: `Options`.
        advance: function that is called after each image.
        load_run: function in place of that of `tfmask.training.run_folder`.

    Returns:
        list of (H, W, 3) uint8 arrays.

    Raises:
        UserError: the options do not fit the run, or an image is bad.
    """
    if load_run is None:
        from tfmask.training.run_folder import load_run

    _, method = load_run(run)
    direction = direction_of(run, method, options.direction)
    # If this run does not take an input, it may be for the other run.
    spec = method.spec
    translate = compiled_translate(method, direction)
    pictures = []
    for number, path in enumerate(inputs):
        more = Inputs()
        for port in spec.other_images if exemplars else ():
            more.files[port.name] = exemplars[number]
        for port in spec.required:
            if port.kind == "attributes" and options.attributes:
                more.settings[port.name] = options.attributes
        more = check_inputs(run, method, more)
        try:
            answer = translate_file(translate, method, path, more)
        except UserError as error:
            raise UserError(f"`{path}` {error}") from error
        pictures.append(answer["image"])
        advance()
    return pictures


def write_page(out, names, questions, inputs, pictures, exemplars, seed):
    """Writes the page and its pictures.

    No file name and no visible text says which run made a picture. The page
    holds the key in base64, so answers can be counted without a further file.

    Args:
        out: folder.
        names: names of both runs.
        questions: strings.
        inputs: list of paths of images.
        pictures: two lists of (H, W, 3) uint8 arrays.
        exemplars: list of paths, or None.
        seed: int.

    Returns:
        Path of the page.
    """
    # Two studies with the same seed must have different keys.
    rng = random.Random(f"{seed} {names} {[path.name for path in inputs]}")
    first = [rng.randrange(2) for _ in inputs]
    pairs = []
    for number, path in enumerate(inputs):
        files = {"input": read_picture(path)}
        if exemplars:
            files["exemplar"] = read_picture(exemplars[number])
        for place in (0, 1):
            run = place ^ first[number]
            files[f"picture{place}"] = pictures[run][number]
        pair = {}
        for name, pixels in files.items():
            pair[name] = f"images/{number:04d}_{name}.png"
            write_png(out / pair[name], pixels)
        pairs.append(pair)
    key = json.dumps({"names": list(names), "first": first})
    study = {
        "format": FORMAT,
        "study": secrets.token_hex(8),
        "questions": list(questions),
        "pairs": pairs,
        "key": base64.b64encode(key.encode()).decode(),
    }
    # "</script>" in a question would end the data of the page.
    data = json.dumps(study).replace("<", "\\u003c")
    text = PAGE.read_text(encoding="utf-8").replace("STUDY_DATA", data)
    write_text(out / "index.html", text)
    return out / "index.html"


def images_of(folder):
    """The images of a folder; says what is left out."""
    listing = list_images(folder)
    for line in listing.left_out():
        print(f"{folder}: {line}", file=sys.stderr)
    return require_images(listing)


def read_picture(path):
    """(H, W, 3) uint8 of an image file; a `UserError` names a bad one."""
    try:
        return read_files(path)[0]
    except UserError as error:
        raise UserError(f"`{path}` {error}") from error
