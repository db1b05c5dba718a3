"""cGAN, a part of pix2pix: what it is, takes and gives."""

import dataclasses

from tfmask.methods.cgan.presets import paper, quick
from tfmask.methods.pix2pix import METHOD as PIX2PIX

METHOD = dataclasses.replace(
    PIX2PIX,
    name="cgan",
    title="cGAN",
    presets=(paper, quick),
)
