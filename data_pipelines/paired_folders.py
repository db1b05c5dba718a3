"""The folder layouts of pairs: by name in two folders, or side by side."""

from data_pipelines.arguments import DOMAINS, SPLITS
from data_pipelines.checks import SKIP
from data_pipelines.examples import Encoded, Example
from data_pipelines.folders import images_of
from data_pipelines.sharded_folders import folder_at
from serving.commands.files import scan_folder
from tfmask.ops.errors import UserError

LISTED = 3
# Folder of the images of a split and domain, below the root.
FOLDERS = "{split}/{domain}"
UNPAIRED = "{split}{domain}"
SIDE_BY_SIDE = "{split}"


def paired_layout(root):
    """How a folder lays out pairs.

    Args:
        root: path. It may be missing.

    Returns:
        `FOLDERS` (train/A, train/B), `SIDE_BY_SIDE` (train/NAME.jpg with a
        in the left half and b in the right one), or None. None means neither of
        them, for example if there is a trainA. Its images are pairs only with
        the option `paired`.
    """
    root = folder_at(root)
    if any(_folders(root, UNPAIRED)):
        return None
    if any(_folders(root, FOLDERS)):
        return FOLDERS
    for folder in _folders(root, SIDE_BY_SIDE):
        if scan_folder(folder).images:
            return SIDE_BY_SIDE
    return None


def _folders(root, layout):
    """The folders of a layout that exist."""
    names = {
        layout.format(split=split, domain=domain.upper())
        for split in SPLITS
        for domain in DOMAINS
    }
    return [root / name for name in sorted(names) if (root / name).is_dir()]


def list_pairs(root, split, layout, *, skip_unmatched=False):
    """Finds the pairs of one split.

    Two images are a pair when their files have the same stem.

    Args:
        root: folder of the set.
        split: "train" or "test".
        layout: `FOLDERS`, `UNPAIRED` or `SIDE_BY_SIDE`.
        skip_unmatched: bool; an image without a partner gets this as its
            `problem`. False: it is an error.

    Returns:
        list of `Example` in natural order of the names, with a `partner` or
        `side_by_side`. Nothing is decoded.

    Raises:
        UserError: a folder is missing or holds no image, or names do not
            match.
    """
    names = [layout.format(split=split, domain=d.upper()) for d in DOMAINS]
    if layout == SIDE_BY_SIDE:
        return [
            Example(
                name=path.stem,
                image=Encoded.of_file(path),
                side_by_side=True,
                problem=problem,
            )
            for path, problem in images_of(root, names[0])
        ]
    first, second = (images_of(root, name) for name in names)
    partners = {path.stem: path for path, problem in second if not problem}
    stems = {path.stem for path, _ in first}
    examples = [
        _bad(path, problem)
        if problem
        else _pair(path, partners.get(path.stem), names[1])
        for path, problem in first
    ]
    examples += [
        _bad(path, problem or _lonely(names[0]))
        for path, problem in second
        if problem or path.stem not in stems
    ]
    if not skip_unmatched:
        _refuse_unmatched(root, names, first, second)
    return examples


def _pair(path, partner, other):
    if partner is None:
        return _bad(path, _lonely(other))
    return Example(
        name=path.stem,
        image=Encoded.of_file(path),
        partner=Encoded.of_file(partner),
    )


def _bad(path, problem):
    image = Encoded.of_file(path)
    return Example(name=path.stem, image=image, problem=problem)


def _lonely(other):
    return f"has no partner of its name in {other}"


def _refuse_unmatched(root, names, first, second):
    """Raises a `UserError` that names images without a partner."""
    stems = [[path.stem for path, _ in side] for side in (first, second)]
    shared = set(stems[0]) & set(stems[1])
    parts = []
    for name, own in zip(names, stems, strict=True):
        lonely = [stem for stem in own if stem not in shared]
        if lonely:
            some = ", ".join(lonely[:LISTED])
            more = ", ..." if len(lonely) > LISTED else ""
            parts.append(f"{len(lonely)} of {len(own)} in {name}: {some}{more}")
    if parts:
        raise UserError(
            f"Images of {names[0]} and {names[1]} in {root} are pairs when "
            "their names are equal up to the suffix. Without a partner are "
            f"{'; '.join(parts)}. Rename or remove them, skip them with "
            f"{SKIP}, or take the folders trainA and trainB for images that "
            "are no pairs."
        )
