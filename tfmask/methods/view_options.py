"""Options of what discriminators see in training."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class ViewOptions:
    """Options of methods of two domains."""

    discriminator_views: tuple[
        Literal["translation", "cutout", "colour"], ...
    ] = ()
    """Random changes of all that discriminators see, real and translated,
    so that they learn less of few images by heart. None that undoes what the
    domains differ in: no `colour` where they differ in brightness."""

    def __post_init__(self):
        # JSON knows lists only.
        views = tuple(self.discriminator_views)
        object.__setattr__(self, "discriminator_views", views)
