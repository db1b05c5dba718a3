"""The command `tfmask`: one verb a module, loaded when it is asked for."""

import difflib
import importlib
import os
import sys

from serving.commands.command_line import on_terminal

VERBS = {
    "prepare": (
        "data_pipelines.prepare.__main__",
        "make image folders from public data sets",
    ),
    "train": ("trainers.train", "train a method, leave a run folder"),
    "runs": ("trainers.runs", "list runs: step, age, numbers, picture"),
    "evaluate": ("trainers.evaluate", "measure masks and changes of a run"),
    "classifier": (
        "trainers.classifier",
        "train a judge of attributes or domains",
    ),
    "metrics": ("trainers.metrics", "compare two sets of images: KID, FID, IS"),
    "embed": ("trainers.embed", "plot the codes of a LOMIT run (t-SNE)"),
    "benchmark": ("trainers.benchmark", "train and compare several methods"),
    "study": ("trainers.study", "let people compare two runs, and count"),
    "import-weights": (
        "trainers.import_weights",
        "make a run of the authors' own checkpoints",
    ),
    "translate": ("trainers.translate", "translate images with a run"),
    "export": ("trainers.export", "write a SavedModel version of a run"),
    "serve": ("serving.local_server", "serve SavedModels over gRPC"),
    "query": ("serving.query", "translate images through a server"),
    "app": ("trainers.app", "a page to translate and to paint masks on"),
    "completion": (
        "trainers.completion",
        "a script by which bash or zsh completes options",
    ),
}


def usage():
    """The text of `tfmask --help`."""
    lines = ["usage: tfmask VERB [options]", ""]
    lines += [f"  {verb:<15} {text}" for verb, (_, text) in VERBS.items()]
    lines += ["", "tfmask VERB --help shows a verb's options."]
    return "\n".join(lines)


@on_terminal
def main(argv=None):
    """Runs a verb. Returns the exit code."""
    argv = sys.argv[1:] if argv is None else argv
    if not argv or argv[0] in ("-h", "--help"):
        print(usage())
        return 0 if argv else 2
    verb, *rest = argv
    if verb == "--version":
        import tfmask

        print(f"tfmask {tfmask.__version__}")
        return 0
    if verb not in VERBS:
        near = difflib.get_close_matches(verb, VERBS, n=2)
        hint = f" Did you mean: {', '.join(near)}?" if near else ""
        print(f"tfmask: unknown verb `{verb}`.{hint}", file=sys.stderr)
        print(usage(), file=sys.stderr)
        return 2
    # TensorFlow's notes at the start would hide the output of a command.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    return importlib.import_module(VERBS[verb][0]).main(rest)


if __name__ == "__main__":
    sys.exit(main())
