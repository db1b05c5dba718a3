"""`tfmask study`: people compare the translations of two runs."""

import base64
import json
import random
import secrets
import sys
from dataclasses import dataclass
from pathlib import Path

from tfmask.evaluation.study_scores import print_scores, read_answers, scores
from tfmask.ops.command import command, parse_options
from tfmask.ops.errors import UserError
from tfmask.ops.files import (
    check_results_file,
    require_free,
    write_json,
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

FORMAT = "tfmask-study-1"  # of the answers that the page hands out
PAGE = Path(__file__).with_name("study_page.html")
QUESTIONS = (
    "In which picture is the change better applied?",
    "In which picture is the rest better kept?",
)


@dataclass(frozen=True)
class Options:
    """Let people compare two runs, and count their answers.

    With --runs, --inputs and --out: writes a page that needs no server. It
    shows pairs in a random order, each on random sides, asks the questions,
    keeps the answers in the browser and saves them as a JSON file. With
    --score: counts such files.
    """

    runs: tuple[Path, ...] = ()
    """Two run folders; or folders of ready translations, NAME.png for each
    input, whoever made them."""
    inputs: Path | None = None
    """Folder of images to translate."""
    out: Path | None = None
    """Folder for the page; must be empty or missing."""
    exemplars: Path | None = None
    """Folder of images, of which each input gets one at random, for methods
    that take over an exemplar's look; the page shows it."""
    direction: str | None = None
    """Which way to translate; None: a_to_b, or the only way of a run."""
    attributes: tuple[str, ...] = ()
    """As of `tfmask translate`, for methods that set attributes."""
    count: int = 100
    """Inputs that are drawn, all where there are fewer (LOMIT's tests: 100)."""
    questions: tuple[str, ...] = QUESTIONS
    """What is asked of each pair; the defaults are LOMIT's two."""
    seed: int = 0
    """Of the drawn inputs and exemplars."""
    score: tuple[Path, ...] = ()
    """Files of answers, one of each person."""
    json: Path | None = None
    """With --score: also write the numbers into this file."""
    overwrite: bool = False
    """Replace numbers that are already there."""

    def __post_init__(self):
        given = bool(self.runs), self.inputs is not None, self.out is not None
        if self.score and any(given):
            raise ValueError("--score stands alone, without --runs.")
        if not self.score and not all(given):
            raise ValueError(
                "expected --runs A B --inputs DIR --out DIR, or --score FILES."
            )
        if not self.score and len(self.runs) != 2:
            raise ValueError(f"--runs takes two folders, got {len(self.runs)}.")
        if self.count < 1 or not self.questions:
            raise ValueError("expected 1 input or more, 1 question or more.")


def run_names(runs):
    """Names for the report: the folders', and where they are alike, paths.

    Raises:
        UserError: both are one folder.
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
    found = {path.stem: path for path in _images(folder)}
    missing = [path for path in inputs if path.stem not in found]
    if missing:
        raise UserError(
            f"`{folder}` is no run (no config.json) and lacks pictures of "
            f"{len(missing)} of {len(inputs)} inputs, the first is "
            f"`{missing[0].stem}.png`."
        )
    pictures = []
    for path in inputs:
        picture, size = _read(found[path.stem]), _read(path).shape
        if picture.shape != size:
            raise UserError(
                f"`{found[path.stem]}` is {picture.shape[:2]}, expected the "
                f"size of `{path}`, {size[:2]} (height, width)."
            )
        pictures.append(picture)
    return pictures


def translated_pictures(
    run, inputs, exemplars, options, advance, load_run=None
):
    """What a run makes of the inputs.

    Args:
        run: folder of `tfmask train`.
        inputs: list of paths of images.
        exemplars: list of paths of their exemplars, or None.
        options: `Options`.
        advance: called after each image.
        load_run: stands in for that of `tfmask.training.run_folder`.

    Returns:
        list of (H, W, 3) uint8 arrays.

    Raises:
        UserError: the options do not fit the run, or an image is bad.
    """
    if load_run is None:
        from tfmask.training.run_folder import load_run

    _, method = load_run(run)
    direction = direction_of(run, method, options.direction)
    # What this run does not take may be for the other one.
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
            made = translate_file(translate, method, path, more)
        except UserError as error:
            raise UserError(f"`{path}` {error}") from error
        pictures.append(made["image"])
        advance()
    return pictures


def write_page(out, names, questions, inputs, pictures, exemplars, seed):
    """Writes the page and its pictures.

    No file name and no visible text tells which run made a picture; the key
    is in the page, base64, so that answers can be counted without it.

    Args:
        out: folder.
        names: of both runs.
        questions: strings.
        inputs: list of paths of images.
        pictures: two lists of (H, W, 3) uint8 arrays.
        exemplars: list of paths, or None.
        seed: int.

    Returns:
        Path of the page.
    """
    # Not the seed's alone: another study of the same seed has another key.
    rng = random.Random(f"{seed} {names} {[path.name for path in inputs]}")
    first = [rng.randrange(2) for _ in inputs]
    pairs = []
    for number, path in enumerate(inputs):
        files = {"input": _read(path)}
        if exemplars:
            files["exemplar"] = _read(exemplars[number])
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
    # "</script>" in a question would end the page's data.
    data = json.dumps(study).replace("<", "\\u003c")
    text = PAGE.read_text(encoding="utf-8").replace("STUDY_DATA", data)
    write_text(out / "index.html", text)
    return out / "index.html"


def _images(folder):
    """The images of a folder; says what is left out."""
    listing = list_images(folder)
    for line in listing.left_out():
        print(f"{folder}: {line}", file=sys.stderr)
    return require_images(listing)


def _read(path):
    try:
        return read_files(path)[0]
    except UserError as error:
        raise UserError(f"`{path}` {error}") from error


def _create(options, load_run):
    from tfmask.ops.console import image_progress
    from tfmask.ops.start import load_tensorflow

    names, out = run_names(options.runs), options.out
    require_free(out)
    for run in options.runs:
        if not run.is_dir():
            raise UserError(f"`{run}` is not a folder.")
    rng = random.Random(options.seed)
    images = _images(options.inputs)
    inputs = rng.sample(images, min(options.count, len(images)))
    exemplars = None
    if options.exemplars is not None:
        others = _images(options.exemplars)
        exemplars = rng.choices(others, k=len(inputs))
    load_tensorflow()
    pictures = []
    total = len(inputs) * len(options.runs)
    with image_progress("Translating", total) as advance:
        for run in options.runs:
            if (run / "config.json").is_file():
                made = translated_pictures(
                    run, inputs, exemplars, options, advance, load_run
                )
            else:
                made = ready_pictures(run, inputs)
            pictures.append(made)
    page = write_page(
        *(out, names, options.questions, inputs, pictures, exemplars),
        options.seed,
    )
    print(f"{len(inputs)} pairs, {len(options.questions)} questions: {page}")


@command
def main(argv: list[str] | None = None, load_run=None) -> int:
    """Runs `tfmask study`; returns the exit code.

    `load_run` stands in for that of `tfmask.training.run_folder`.
    """
    options = parse_options(Options, argv, "study")
    if not options.score:
        _create(options, load_run)
        return 0
    if options.json:
        check_results_file(options.json, "people", overwrite=options.overwrite)
    result = scores(read_answers(options.score, FORMAT))
    print_scores(result)
    if options.json:
        write_json(options.json, result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
