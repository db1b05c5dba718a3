"""FastCUT, a lighter CUT: what it is, takes and gives."""

import dataclasses

from tfmask.methods.cut import METHOD as CUT
from tfmask.methods.fastcut.presets import paper, quick

METHOD = dataclasses.replace(
    CUT,
    name="fastcut",
    title="FastCUT",
    presets=(paper, quick),
)
