"""`tfmask prepare shards`: image folders as a few large files.

A folder of many small files is slow on network disks. This command writes the
files as they are into TFRecord shards, which `data_pipelines.sharded_folders`
reads.
"""

import dataclasses
import sys
from pathlib import Path

from tfmask.ops.command import command, parse_options
from tfmask.ops.start import load_tensorflow


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options:
    """Write the files of an image folder into TFRecord shards.

    `--data OUT` then gives the same training as `--data DATA`. The files are
    copied as they are. A command that was stopped goes on when it is given
    again.
    """

    data: Path
    """Image folder, in any layout that training reads."""
    out: Path
    """Folder of the shards: new, empty, or of the same command before."""
    shard_mib: int = 128
    """Size of a shard in MiB. The last file of a shard may exceed it."""

    def __post_init__(self):
        if self.shard_mib < 1:
            raise ValueError(
                f"--shard-mib must be 1 or more. Got: {self.shard_mib}"
            )


@command
def main(argv: list[str] | None = None) -> int:
    """Runs `tfmask prepare shards`; returns the exit code."""
    options = parse_options(Options, argv, "prepare shards")
    load_tensorflow()
    from data_pipelines.prepare.shard_writing import write_shards

    shards, reused = write_shards(
        options.data, options.out, options.shard_mib * 2**20
    )
    count = sum(len(shard["files"]) for shard in shards)
    size = sum(shard["bytes"] for shard in shards) / 2**20
    print(
        f"{count} files in {len(shards)} shards of {size:,.1f} MiB in all in "
        f"{options.out}; {reused} shards were there already"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
