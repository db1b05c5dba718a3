"""GAN, a part of pix2pix: what it is, takes and gives."""

import dataclasses

from tfmask.methods.gan.presets import paper, quick
from tfmask.methods.pix2pix import METHOD as PIX2PIX

METHOD = dataclasses.replace(
    PIX2PIX,
    name="gan",
    title="GAN",
    presets=(paper, quick),
)
