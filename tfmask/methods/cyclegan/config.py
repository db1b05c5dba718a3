"""Options of CycleGAN."""

from dataclasses import dataclass

from tfmask.configs.checks import require_not_negative
from tfmask.methods.cycle_options import CycleOptions
from tfmask.methods.view_options import ViewOptions


@dataclass(frozen=True, kw_only=True)
class CycleGANConfig(ViewOptions, CycleOptions):
    """CycleGAN (Zhu et al. 2017). The defaults are the paper's at 256 px."""

    affine_normalization: bool = False
    """Learned scale and offset, as in the Torch code; PyTorch has none."""
    discriminator_spectral_normalization: bool = False
    """Spectral normalisation of the discriminator's kernels."""
    identity_weight: float = 5.0
    """Weight of both identity terms: the official 0.5 times 10."""

    def __post_init__(self):
        ViewOptions.__post_init__(self)
        CycleOptions.__post_init__(self)
        require_not_negative(self, "identity_weight")
