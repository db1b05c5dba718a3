"""The report of what happened to each image and instance."""

import json
import os

from tfmask.ops.errors import UserError

_LISTED = 10


class Report:
    """Counts and names, by reason.

    Attributes:
        images: int, number of written images.
        instances: int, number of written instances.
        bad: list of (file, reason).
        left_out: dict of reason to list of file names.
        dropped: dict of reason to dict of file name to number of instances.
    """

    def __init__(self):
        self.images = self.instances = 0
        self.bad = []
        self.left_out = {}
        self.dropped = {}

    def leave_out(self, reason, name):
        """An image that is not written."""
        self.left_out.setdefault(reason, []).append(name)

    def drop(self, reason, name, count):
        """Instances that are not written; none is fine."""
        if count:
            files = self.dropped.setdefault(reason, {})
            files[name] = files.get(name, 0) + count

    def add_bad(self, label, reason):
        """A file that is wrong."""
        self.bad.append((label, reason))

    def raise_for_bad(self):
        """Raises `UserError` that names the first bad files, if any."""
        if not self.bad:
            return
        lines = [f"  {label}: {reason}" for label, reason in self.bad[:_LISTED]]
        if len(self.bad) > _LISTED:
            lines.append(f"  ... and {len(self.bad) - _LISTED} more")
        files = "1 bad file" if len(self.bad) == 1 else f"{len(self.bad)} bad"
        raise UserError(
            f"{files}, nothing was written:\n"
            + "\n".join(lines)
            + "\nRepair or remove them, or leave them out with "
            "--skip-bad-files."
        )

    def as_json(self):
        """The report as plain values, for `prepare.json`."""
        return {
            "images": self.images,
            "instances": self.instances,
            "left_out_images": {
                reason: {"count": len(names), "files": names}
                for reason, names in self.left_out.items()
            },
            "left_out_instances": {
                reason: {"count": sum(files.values()), "files": files}
                for reason, files in self.dropped.items()
            },
            "bad_files": {
                "count": len(self.bad),
                "files": [
                    {"file": label, "reason": text} for label, text in self.bad
                ],
            },
        }

    def counts(self):
        """Counts of left-out files by reason, in a few words."""
        reasons = {
            reason: len(names) for reason, names in self.left_out.items()
        }
        if self.bad:
            reasons["bad"] = len(self.bad)
        dropped = {
            reason: sum(files.values())
            for reason, files in self.dropped.items()
        }
        return (
            f"left out: {_enumerate(reasons, 'images')}; "
            f"{_enumerate(dropped, 'instances')}"
        )


def _enumerate(counts, kind):
    text = ", ".join(f"{count} {reason}" for reason, count in counts.items())
    return f"{sum(counts.values())} {kind}" + (f" ({text})" if text else "")


def read_reports(path):
    """The reports that are already in a `prepare.json`.

    Args:
        path: the file. It may be missing.

    Returns:
        dict of folder name to report.

    Raises:
        UserError: the file is something else.
    """
    if not path.exists():
        return {}
    try:
        reports = json.loads(path.read_bytes())
    except ValueError:
        reports = None
    if not isinstance(reports, dict):
        raise UserError(
            f"`{path}` is in the way: it is not a file that this command "
            "wrote. Move it or give another `--output`."
        )
    return reports


def write_reports(path, reports):
    """Writes `prepare.json` in one go, in place of what was there."""
    temporary = path.with_name(f".{path.name}.part")
    try:
        temporary.write_text(json.dumps(reports, indent=2) + "\n")
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
