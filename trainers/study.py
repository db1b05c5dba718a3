"""`tfmask study`: people compare the translations of two runs."""

import random
import sys
from dataclasses import dataclass
from pathlib import Path

from tfmask.evaluation.study import (
    FORMAT,
    images_of,
    ready_pictures,
    run_names,
    translated_pictures,
    write_page,
)
from tfmask.evaluation.study_scores import print_scores, read_answers, scores
from tfmask.ops.command import command, parse_options
from tfmask.ops.errors import UserError
from tfmask.ops.files import (
    check_results_file,
    require_free,
    write_json,
)

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
    """Two run folders, or folders with translations of any other program:
    NAME.png for each input."""
    inputs: Path | None = None
    """Folder of images to translate."""
    out: Path | None = None
    """Folder for the page; must be empty or missing."""
    exemplars: Path | None = None
    """Folder of exemplars, for methods that take the look of an exemplar. Each
    input gets a random one, and the page shows it."""
    direction: str | None = None
    """Direction of the translation; None: a_to_b, or the only one of a run."""
    attributes: tuple[str, ...] = ()
    """For methods that set attributes, as in `tfmask translate`."""
    count: int = 100
    """Number of random inputs; all if there are fewer (LOMIT's tests: 100)."""
    questions: tuple[str, ...] = QUESTIONS
    """The questions about each pair; the defaults are LOMIT's two."""
    seed: int = 0
    """Seed of the random inputs and exemplars."""
    score: tuple[Path, ...] = ()
    """Files with answers, one for each person."""
    json: Path | None = None
    """With --score: also write the numbers into this file."""
    overwrite: bool = False
    """Replace numbers that are already there."""

    def __post_init__(self):
        parts = bool(self.runs), self.inputs is not None, self.out is not None
        if self.score and any(parts):
            raise ValueError("--score stands alone, without --runs.")
        if not self.score and not all(parts):
            raise ValueError(
                "expected --runs A B --inputs DIR --out DIR, or --score FILES."
            )
        if not self.score and len(self.runs) != 2:
            raise ValueError(f"--runs takes two folders, got {len(self.runs)}.")
        if self.count < 1 or not self.questions:
            raise ValueError("expected 1 input or more, 1 question or more.")


def _create(options, load_run):
    from serving.commands.progress import image_progress
    from tfmask.ops.start import load_tensorflow

    names, out = run_names(options.runs), options.out
    require_free(out)
    for run in options.runs:
        if not run.is_dir():
            raise UserError(f"`{run}` is not a folder.")
    rng = random.Random(options.seed)
    images = images_of(options.inputs)
    inputs = rng.sample(images, min(options.count, len(images)))
    exemplars = None
    if options.exemplars is not None:
        others = images_of(options.exemplars)
        exemplars = rng.choices(others, k=len(inputs))
    load_tensorflow()
    pictures = []
    total = len(inputs) * len(options.runs)
    with image_progress("Translating", total) as advance:
        for run in options.runs:
            if (run / "config.json").is_file():
                run_pictures = translated_pictures(
                    run, inputs, exemplars, options, advance, load_run
                )
            else:
                run_pictures = ready_pictures(run, inputs)
            pictures.append(run_pictures)
    page = write_page(
        out, names, options.questions, inputs, pictures, exemplars, options.seed
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
