"""Options of CycleGAN."""

from dataclasses import dataclass

from tfmask.configs.checks import require_not_negative
from tfmask.methods.cycle_options import CycleOptions
from tfmask.methods.view_options import ViewOptions


@dataclass(frozen=True, kw_only=True)
class CycleGANConfig(ViewOptions, CycleOptions):
    """CycleGAN (Zhu et al. 2017). The defaults are the paper's at 256 px."""

    affine_normalization: bool = False
    """Learn scale and offset of the normalisation, as in the Torch code. The
    PyTorch code has none."""
    discriminator_spectral_normalization: bool = False
    """Spectral normalisation of the discriminator's kernels."""
    identity_weight: float = 5.0
    """Weight of both identity terms: the official 0.5 times the cycle weight
    of 10."""

    def __post_init__(self):
        ViewOptions.__post_init__(self)
        CycleOptions.__post_init__(self)
        require_not_negative(self, "identity_weight")
