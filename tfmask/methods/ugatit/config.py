"""Options of U-GAT-IT."""

from dataclasses import dataclass

from tfmask.configs.checks import require_not_negative, require_positive


@dataclass(frozen=True, kw_only=True)
class UGATITConfig:
    """U-GAT-IT (Kim et al. 2020). The defaults are the paper's at 256 px."""

    filters: int = 64
    """Channels of the generator's first layer."""
    blocks: int = 4
    """Residual blocks before the attention. As many follow after it."""
    light: bool = False
    """Compute scale and offset of AdaLIN from the mean of the features, not
    from all pixels. At 256 px this needs 0.3 million weights in each generator
    instead of 134 million. The results are a little worse."""
    discriminator_filters: int = 64
    """Channels of the discriminators' first layers."""
    global_layers: int = 5
    """Strided layers of the discriminator of large patches: 5 for 256 px, 4
    for 64 px."""
    local_layers: int = 3
    """Strided layers of the discriminator of small patches."""
    adversarial_weight: float = 1.0
    """Weight of the least-squares terms, for patches and for class
    activations."""
    cycle_weight: float = 10.0
    """Weight of both cycle terms."""
    identity_weight: float = 10.0
    """Weight of both identity terms."""
    cam_weight: float = 1000.0
    """Weight of the term in which the generators classify the domains of their
    inputs."""
    initializer_stddev: float = 0.02
    """Standard deviation of the initial kernels."""

    def __post_init__(self):
        require_positive(
            self,
            "filters",
            "discriminator_filters",
            "global_layers",
            "local_layers",
            "adversarial_weight",
            "initializer_stddev",
        )
        require_not_negative(
            self, "blocks", "cycle_weight", "identity_weight", "cam_weight"
        )
