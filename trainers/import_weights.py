"""`tfmask import-weights`: the authors' checkpoints as a run folder."""

import dataclasses
import sys
from pathlib import Path
from typing import Literal

from tyro.conf import Positional

from tfmask.importing.run import (
    NAMES,
    config_for,
    find_networks,
    import_weights,
)
from tfmask.ops.command import command, parse_options
from tfmask.ops.start import load_tensorflow
from tfmask.training.resuming import require_new


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options:
    """Make a run of a folder of the authors' own checkpoints.

    Their files are called EPOCH_net_G_A.pth (CycleGAN, pix2pix, CUT,
    AttentionGAN, InstaGAN), EPOCH-G.ckpt (StarGAN), gen_EPOCH.pt (MUNIT),
    NAME_params_EPOCH.pt (U-GAT-IT) or G_exemplar_EPOCH.pth (LOMIT); or the
    same as .safetensors. The run translates, is evaluated, exported and served
    like any other.
    """

    method: Positional[Literal[NAMES]]
    """The method that the networks belong to."""
    weights: Path
    """Folder of their files."""
    run: Path
    """Run folder; must not exist."""
    epoch: str = "latest"
    """EPOCH in the names of the files. If no file has `latest`, it is the
    highest number, or what the only file has."""
    image_size: int | tuple[int, int] | None = None
    """Side of the images that it was trained on, or height and width; None:
    what the files tell, or that of the paper."""
    attributes: tuple[str, ...] = ()
    """Names of the attributes that StarGAN or LOMIT was trained on, in their
    order; none: attribute_0 and so on."""
    data: str = ""
    """Where the run's data is, for `tfmask evaluate`; see `tfmask train`."""


def compared(method, file):
    """How far a generator's outputs lie from the original's, in words."""
    import numpy as np

    from tfmask.importing.originals import both_outputs

    random = np.random.default_rng(0)
    images = random.uniform(-1.0, 1.0, (1, *method.image_size, 3))
    images = images.astype("float32")
    try:
        ours, theirs = both_outputs(method, file, images)
    except ImportError:
        return "not compared with the original: PyTorch is not installed"
    difference = np.abs(ours - theirs).max()
    return f"at most {difference:.1e} from the original's output in [-1, 1]"


@command
def main(argv=None):
    """Imports. Returns the exit code."""
    options = parse_options(Options, argv, "import-weights")
    require_new(options.run)
    networks = find_networks(options.method, options.weights, options.epoch)
    config = config_for(
        options.method,
        networks,
        options.data,
        image_size=options.image_size,
        attributes=options.attributes,
    )
    load_tensorflow()
    method, missing = import_weights(
        config,
        networks,
        options.run,
        ["tfmask", "import-weights", *(argv or sys.argv[1:])],
    )
    for file in networks:
        words = (f"{k} {v}" for k, v in file.layout.options.items())
        print(f"{file.network}: {file.path.name} ({', '.join(words)})")
        if file.network.startswith("generator"):
            print(f"    {compared(method, file)}")
    if missing:
        print(f"not in the folder, random weights: {', '.join(missing)}")
    print(f"Wrote {options.run}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
