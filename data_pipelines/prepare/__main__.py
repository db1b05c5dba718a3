"""The verb `tfmask prepare`: its sub-verbs, loaded when they are asked for."""

import difflib
import importlib
import sys

from serving.commands.command_line import on_terminal

VERBS = {
    "instances": (
        "data_pipelines.prepare.instances",
        "images with a mask for each object, from COCO or label maps",
    ),
    "shards": (
        "data_pipelines.prepare.shards",
        "image folders as TFRecord shards, for training from slow disks",
    ),
    # It uses runs, and only `trainers` can load them.
    "masks": (
        "trainers.prepare_masks",
        "which training images to mark by hand",
    ),
}


def usage():
    """The text of `tfmask prepare --help`."""
    lines = ["usage: tfmask prepare WHAT [options]", ""]
    lines += [f"  {verb:<10} {text}" for verb, (_, text) in VERBS.items()]
    lines += ["", "tfmask prepare WHAT --help shows its options."]
    return "\n".join(lines)


@on_terminal
def main(argv: list[str] | None = None) -> int:
    """Runs a sub-verb. Returns the exit code."""
    argv = sys.argv[1:] if argv is None else argv
    if not argv or argv[0] in ("-h", "--help"):
        print(usage())
        return 0 if argv else 2
    verb, *rest = argv
    if verb not in VERBS:
        near = difflib.get_close_matches(verb, VERBS, n=2)
        hint = f" Did you mean: {', '.join(near)}?" if near else ""
        print(f"tfmask prepare: unknown `{verb}`.{hint}", file=sys.stderr)
        print(usage(), file=sys.stderr)
        return 2
    return importlib.import_module(VERBS[verb][0]).main(rest)


if __name__ == "__main__":
    sys.exit(main())
