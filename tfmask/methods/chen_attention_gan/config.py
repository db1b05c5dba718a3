"""Options of Attention-GAN."""

from dataclasses import dataclass
from typing import Literal

from tfmask.configs.checks import require_not_negative, require_positive
from tfmask.methods.cyclegan.config import CycleGANConfig
from tfmask.methods.lesson_options import LessonOptions


@dataclass(frozen=True, kw_only=True)
class ChenAttentionGANConfig(LessonOptions, CycleGANConfig):
    """Attention-GAN (Chen et al. 2018). The defaults are the authors'."""

    attention_filters: int = 64
    """Channels of the attention network's first layer."""
    attention_blocks: int = 6
    """Residual blocks of the attention network."""
    identity_weight: float = 0.0
    """Weight of both identity terms. They use the generators without
    attention."""
    sparsity_weight: float = 1.0
    """Weight of the mean attention on training images. It makes masks small."""
    consistency_weight: float = 1.0
    """Weight of the difference between the attention on an input and the
    attention on its translation."""
    lesson_loss: Literal["cross_entropy", "l1"] = "cross_entropy"
    """Loss of the lessons: cross-entropy and Dice, as in all methods, or the
    mean absolute difference, as in the paper."""
    initializer: Literal["xavier", "normal"] = "xavier"
    """Distribution of the initial kernels. `xavier`: Glorot's normal one.
    `normal`: CycleGAN's."""

    def __post_init__(self):
        super().__post_init__()
        require_positive(self, "attention_filters")
        require_not_negative(
            self, "attention_blocks", "sparsity_weight", "consistency_weight"
        )
