"""Options of the images that discriminators see in training."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class ViewOptions:
    """Options of methods with two domains."""

    discriminator_views: tuple[
        Literal["translation", "cutout", "colour"], ...
    ] = ()
    """Random changes of all images that discriminators see, real ones and
    translations. With them the discriminators learn fewer images by heart.
    Choose no change in which the domains differ: no `colour` if they differ in
    brightness."""

    def __post_init__(self):
        # JSON knows lists only.
        views = tuple(self.discriminator_views)
        object.__setattr__(self, "discriminator_views", views)
