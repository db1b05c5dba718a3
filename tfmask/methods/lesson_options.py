"""Options of methods with lessons for masks."""

import dataclasses
from dataclasses import dataclass
from typing import Literal

from tfmask.configs.checks import require_not_negative
from tfmask.ops.errors import UserError


@dataclass(frozen=True, kw_only=True)
class LessonOptions:
    """Options of lessons, which teach masks without the discriminators.

    Lessons are a stage of training. In this stage only the networks of the
    masks learn. They learn from given masks, and from masks that the method has
    made for its own images.
    """

    lesson_epochs: float = 0.0
    """Epochs of lessons; 0: no lessons."""
    lesson_start_epoch: float | None = None
    """Epoch at which the lessons begin if no masks are given; None: 0. If masks
    are given, the training begins with the lessons."""
    own_mask_rounds: int = 0
    """Number of rounds of lessons with own masks; 0: none. Each round makes
    masks of all training images, cuts them at a threshold and moves them to
    edges."""
    first_own_masks: Literal["auto", "found", "middle"] = "auto"
    """Masks of the first round if no masks are given. `found`: the masks of the
    adversarial training. `middle`: an ellipse in the middle of the image.
    `auto`: the found masks; but the ellipse, if they have collapsed, or if
    their mean in the middle is less than twice their mean at the borders."""
    lesson_weight: float = 0.0
    """Weight of the lessons in the generators' loss after the lessons; 0: the
    networks of the masks then stay as they are."""
    given_masks: tuple[int, ...] = ()
    """Number of given masks of a and of b. They follow the data."""
    lesson_images: tuple[int, ...] = ()
    """Number of training images of a and of b. They follow the data."""

    def __post_init__(self):
        super().__post_init__()
        # JSON knows lists only.
        for name in ("given_masks", "lesson_images"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        require_not_negative(
            self,
            "lesson_epochs",
            "lesson_start_epoch",
            "own_mask_rounds",
            "lesson_weight",
        )

    @property
    def first_lesson_epoch(self):
        """Epoch at which the lessons begin."""
        return 0.0 if self.given_masks else self.lesson_start_epoch or 0.0


def with_lessons(config, epochs, **options):
    """Makes a preset of three parts: adversarial training, lessons, and again.

    In the lessons, the networks learn from the masks that the adversarial
    training has found. If masks are given, the networks learn from them, and
    the lessons come first.

    Args:
        config: `TrainConfig` of a method with `LessonOptions`.
        epochs: int, epochs of each part.
        **options: more options of the method.
    """
    return dataclasses.replace(
        config,
        method=dataclasses.replace(
            config.method,
            lesson_start_epoch=float(epochs),
            lesson_epochs=float(epochs),
            own_mask_rounds=2,
            **options,
        ),
        optimizer=dataclasses.replace(
            config.optimizer, constant_epochs=2 * epochs, decay_epochs=epochs
        ),
        run=dataclasses.replace(config.run, epochs=3 * epochs),
    )


def follow_lessons(options, data):
    """Sets the options that follow the data's images and given masks.

    Raises:
        UserError: masks are given and there are no lessons; or there are
            lessons and no masks to learn from; or the options have other
            numbers than the data.
    """
    counts = tuple(len(images) for images in data.taught.values())
    counts = counts if any(counts) else ()
    if counts and not options.lesson_epochs:
        raise UserError(
            f"{data.location} gives masks (`data.masks_for_training`), but "
            "`method.lesson_epochs` is 0, so nothing would learn from them. "
            "Take --preset photos, or --method.lesson-epochs 8."
        )
    if options.lesson_epochs and not counts and not options.own_mask_rounds:
        raise UserError(
            "`method.lesson_epochs` is above 0, but there is nothing to "
            "teach: give masks by --data.masks-for-training, or choose "
            "--method.own-mask-rounds 1."
        )
    if counts:
        options = dataclasses.replace(options, lesson_start_epoch=0.0)
    wanted = {"given_masks": counts, "lesson_images": ()}
    if options.own_mask_rounds:
        wanted["lesson_images"] = tuple(data.counts("train").values())
    for name, value in wanted.items():
        if getattr(options, name) not in ((), value):
            raise UserError(
                f"`method.{name}` follows the data, {value}, it cannot be "
                f"{getattr(options, name)}."
            )
    return dataclasses.replace(options, **wanted)
