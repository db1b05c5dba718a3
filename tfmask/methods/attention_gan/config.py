"""Options of AttentionGAN."""

from dataclasses import dataclass

from tfmask.configs.checks import require
from tfmask.methods.cyclegan.config import CycleGANConfig
from tfmask.methods.lesson_options import LessonOptions


@dataclass(frozen=True, kw_only=True)
class AttentionGANConfig(LessonOptions, CycleGANConfig):
    """AttentionGAN v2 (Tang et al. 2021). The defaults are the paper's."""

    maps: int = 10
    """Number of attention maps. The last map is for the background."""
    geometric: bool = False
    """Also paint an image for the last map. Otherwise the last map copies the
    input. This is for shapes that change."""

    def __post_init__(self):
        super().__post_init__()
        require(self.maps >= 2, "maps", "2 or more", self.maps)
        require(
            not (self.geometric and self.lesson_epochs),
            "lesson_epochs",
            "0 if geometric is True, because there is no map to teach",
            self.lesson_epochs,
        )
