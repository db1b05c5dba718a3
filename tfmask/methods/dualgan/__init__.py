"""DualGAN: what it is, takes and gives."""

from tfmask.methods.dualgan.config import DualGANConfig
from tfmask.methods.dualgan.presets import paper, quick
from tfmask.methods.spec import MethodSpec, arms

METHOD = MethodSpec(
    name="dualgan",
    title="DualGAN",
    paper="Yi et al. 2017",
    config=DualGANConfig,
    presets=(paper, quick),
    model="tfmask.methods.dualgan.method:DualGAN",
    data="unpaired",
    ablations=arms(
        "dualgan",
        clipped="--method.adversarial_loss wgan",
        classic="--method.adversarial_loss classic",
    ),
)
