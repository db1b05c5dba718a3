"""The declaration of a method. Nothing here needs TensorFlow."""

import dataclasses
import importlib
from collections.abc import Callable
from typing import Literal

from tfmask.methods.lesson_options import LessonOptions
from tfmask.methods.ports import IMAGE, MASK, Port
from tfmask.ops.errors import unknown_name


@dataclasses.dataclass(frozen=True, kw_only=True)
class Arm:
    """One row of a benchmark's table.

    Attributes:
        name: str, name of the row. It has letters, digits, "-" and "_".
        method: str, method of `tfmask train`.
        train: more options of `tfmask train`.
        evaluate: more options of `tfmask evaluate`.
        trained_as: str, name of the arm whose run is measured. None: its own
            run.
    """

    name: str
    method: str
    train: tuple[str, ...] = ()
    evaluate: tuple[str, ...] = ()
    trained_as: str | None = None


def arms(method, **variants):
    """Arms with the names METHOD_VARIANT, from the options of `train`."""
    return tuple(
        Arm(
            name=f"{method}-{name}",
            method=method,
            train=tuple(options.split()),
        )
        for name, options in variants.items()
    )


def unchanged(options, data):
    """The options as they are. None of them follows the data."""
    return options


@dataclasses.dataclass(frozen=True, kw_only=True)
class MethodSpec:
    """A method's declaration. Everything else is derived from it.

    Attributes:
        name: str, the name in commands.
        title: str, the name that its authors use.
        paper: str, authors and year. Empty if there is no paper.
        config: frozen dataclass of its options.
        presets: functions of the data's location. They return a `TrainConfig`.
            A preset has the name of its function.
        model: "module:class" of its `TranslationMethod`.
        data: the kind of its data: "unpaired", "paired", "attributes", or
            "instances" (unpaired, with a mask for each object).
        inputs: `Port`s of `translate`. The image is the first, optional ones
            are the last.
        outputs: `Port`s in the answers of an export.
        steps: `Port`s of the model's `all_steps`: the results of each step of a
            translation in steps. Empty: it has no steps.
        mask_kind: the kind of the mask in one word, see docs/evaluation.md.
        mask: str, the same in a sentence for the model card.
        page: str, page in docs/methods without ".md". Empty: its name.
        follow: function of the options and an `ImageSet`. It returns the
            options with the values that follow the data.
        milestones: dict of words to the name of an option in epochs. The words
            say what changes in training. The option says when.
        ablations: `Arm`s of a benchmark besides the plain method.
    """

    name: str
    title: str
    paper: str
    config: type
    presets: tuple[Callable, ...]
    model: str
    data: Literal["unpaired", "paired", "attributes", "instances"]
    inputs: tuple[Port, ...] = (IMAGE,)
    outputs: tuple[Port, ...] = (IMAGE, MASK)
    steps: tuple[Port, ...] = ()
    mask_kind: str = "change"
    mask: str = (
        "The method has no mask of its own: the mask is the size of the "
        "change, normalised in each image."
    )
    page: str = ""
    follow: Callable = unchanged
    milestones: dict[str, str] = dataclasses.field(default_factory=dict)
    ablations: tuple[Arm, ...] = ()

    def __post_init__(self):
        object.__setattr__(self, "page", self.page or self.name)

    @property
    def preset_names(self):
        """The values that `--preset` can have for this method."""
        return tuple(function.__name__ for function in self.presets)

    @property
    def learns_from_masks(self):
        """Whether it can learn from given masks."""
        return issubclass(self.config, LessonOptions)

    @property
    def required(self):
        """The inputs that `translate` needs."""
        return tuple(port for port in self.inputs if not port.optional)

    @property
    def other_images(self):
        """The images that it needs beside the one that it translates."""
        return tuple(port for port in self.required[1:] if port.kind == "image")

    @property
    def served(self):
        """The inputs of its plain signatures.

        These are the required inputs, and the numbers of random choices,
        because a signature has no optional inputs.
        """
        return tuple(
            port
            for port in self.inputs
            if not port.optional or port.kind == "seed"
        )

    @property
    def several(self):
        """The `Port` whose values give several translations of an image.

        None if there is no such port.
        """
        seeds = [port for port in self.inputs if port.kind == "seed"]
        return seeds[0] if seeds else None

    @property
    def images_taken(self):
        """The images that can replace a random choice."""
        return tuple(
            port
            for port in self.inputs
            if port.optional and port.kind == "image"
        )

    @property
    def masks_taken(self):
        """The masks that it finds, or that the caller can give instead."""
        return tuple(
            port
            for port in self.inputs
            if port.optional and port.kind == "mask"
        )

    def load_model(self):
        """The `TranslationMethod`; imports TensorFlow."""
        module, _, name = self.model.partition(":")
        return getattr(importlib.import_module(module), name)

    def preset(self, preset, location):
        """The `TrainConfig` of a preset for data at a location.

        Raises:
            UserError: there is no such preset.
        """
        functions = dict(zip(self.preset_names, self.presets, strict=True))
        if preset not in functions:
            raise unknown_name("preset", preset, list(functions))
        return dataclasses.replace(
            functions[preset](location),
            method_name=self.name,
            preset=preset,
        )
