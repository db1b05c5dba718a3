"""The options of `open_data`, read in one place."""

import dataclasses

from data_pipelines.arguments import DOMAINS, SPLITS, check_seed, size_pair
from data_pipelines.attribute_folders import CELEBA_LIST, CSV_LIST
from data_pipelines.augment import INTERPOLATIONS
from data_pipelines.image_set import ImageSet
from data_pipelines.lessons import check_wanted, choose
from serving.commands.command_line import expand_home
from tfmask.ops.errors import UserError, unknown_name


@dataclasses.dataclass(frozen=True, kw_only=True)
class OpenOptions:
    """The arguments of `open_data`, checked.

    Raises:
        UserError: an argument does not fit.
    """

    location: str
    image_size: tuple[int, int]
    seed: int
    splits: tuple[str, ...]
    skip_bad_files: bool
    synthetic_count: tuple[int, int]
    attributes: tuple[str, ...]
    centre_crop: int | None
    paired: bool
    label_domains: tuple[str, ...]
    interpolation: str
    antialias: bool
    masks_for_training: int | str | None

    def __post_init__(self):
        for kind, names, known in (
            ("interpolation", (self.interpolation,), INTERPOLATIONS),
            ("split", self.splits, SPLITS),
            ("label domain", self.label_domains, DOMAINS),
        ):
            for name in names:
                if name not in known:
                    raise unknown_name(kind, name, known)
        try:
            location = expand_home(str(self.location))
        except ValueError as error:
            raise UserError(str(error)) from error
        size = size_pair("image_size", self.image_size)
        object.__setattr__(self, "location", location)
        object.__setattr__(self, "image_size", size)
        check_seed(self.seed)
        check_wanted(self.masks_for_training)
        if min(self.synthetic_count) < 1:
            raise UserError(
                "`synthetic_count` (--data.synthetic-count) must be two "
                f"numbers of at least 1. Got: {self.synthetic_count}."
            )
        if self.centre_crop is not None and self.centre_crop < 1:
            raise UserError(
                f"`centre_crop` must be 1 or more. Got: {self.centre_crop}."
            )

    def refuse_attributes(self):
        """Raises `UserError` if some are selected: the location has none."""
        if self.attributes:
            raise UserError(
                f"{self.location} has no attributes, but some are selected: "
                f"{', '.join(self.attributes)}. Leave out "
                "`--data.attributes` (of `tfmask classifier`: "
                "`--attributes`). Sets with attributes are "
                "`synthetic:attributes`, `tfds:celeb_a` and folders with "
                f"{CELEBA_LIST} or {CSV_LIST}."
            )

    def image_set(self, kind, layout, sources, digest, **more):
        """The set of what was found.

        Args:
            kind, layout, sources: see `ImageSet`.
            digest: hash of all used data.
            **more: see `ImageSet`.
        """
        return ImageSet(
            location=self.location,
            kind=kind,
            layout=layout,
            image_size=self.image_size,
            sources=sources,
            fingerprint=digest.hexdigest()[:16],
            interpolation=self.interpolation,
            antialias=self.antialias,
            taught=choose(self, kind, layout, sources),
            **more,
        )
