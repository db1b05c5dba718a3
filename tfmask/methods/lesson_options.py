"""Options of methods whose masks are taught."""

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
    """Epochs of lessons; 0: there are none."""
    lesson_start_epoch: float | None = None
    """First epoch of the lessons if no masks are given; None: the first one. If
    masks are given, the training begins with the lessons."""
    own_mask_rounds: int = 0
    """Number of rounds of lessons with own masks. Each round makes masks of all
    training images, cuts them at a threshold and moves them to edges. 0:
    none."""
    first_own_masks: Literal["auto", "found", "middle"] = "auto"
    """Masks of the first round without given masks. `found`: the masks of the
    adversarial training. `middle`: an ellipse in the middle of the image.
    `auto`: the middle, if the found masks have collapsed, or if their mean in
    the middle is not twice that at the borders."""
    lesson_weight: float = 0.0
    """Weight of the lessons in the generators' loss from then on; 0: the
    masks' own networks stay as they are."""
    given_masks: tuple[int, ...] = ()
    """Number of given masks of a and of b; follows the data."""
    lesson_images: tuple[int, ...] = ()
    """Number of training images of a and of b; follows the data."""

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
        """Epoch that the lessons begin with."""
        return 0.0 if self.given_masks else self.lesson_start_epoch or 0.0


def with_lessons(config, epochs, **options):
    """A preset in three parts of so many epochs: game, lessons, game again.

    In the lessons, the networks learn from the masks that the game has found.
    Given masks teach from the start.

    Args:
        config: `TrainConfig` of a method with `LessonOptions`.
        epochs: int.
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
    """The options with the data's images and given masks.

    Raises:
        UserError: masks are given and there are no lessons; or there are
            lessons but no masks to learn from; or the options have other
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
