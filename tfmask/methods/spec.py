"""The declaration of a method; nothing here needs TensorFlow."""

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
        name: str, of the row; a letter, digit, "-" or "_" each.
        method: str, of `tfmask train`.
        train: more options of `tfmask train`.
        evaluate: more options of `tfmask evaluate`.
        trained_as: str, name of the arm whose run is measured; None: its
            own.
    """

    name: str
    method: str
    train: tuple[str, ...] = ()
    evaluate: tuple[str, ...] = ()
    trained_as: str | None = None


def arms(method, **variants):
    """Arms named after the method and a variant, with options of `train`."""
    return tuple(
        Arm(
            name=f"{method}-{name}",
            method=method,
            train=tuple(options.split()),
        )
        for name, options in variants.items()
    )


def unchanged(options, data):
    """The options as they are: nothing of them follows the data."""
    return options


@dataclasses.dataclass(frozen=True, kw_only=True)
class MethodSpec:
    """A method's declaration, from which everything else is derived.

    Attributes:
        name: str, as commands call it.
        title: str, as its authors call it.
        paper: str, authors and year; empty where there is none.
        config: frozen dataclass of its options.
        presets: functions of the data's location that give a `TrainConfig`;
            a preset has its function's name.
        model: "module:class" of its `TranslationMethod`.
        data: what it learns from: "unpaired", "paired", "attributes", or
            "instances" (unpaired, with a mask for each object).
        inputs: `Port`s of `translate`; the image itself comes first,
            optional ones last.
        outputs: `Port`s that an export answers with.
        steps: `Port`s that the model's `all_steps` gives: what each step of a
            translation in steps made. Empty: it has no steps.
        mask_kind: what the mask is, in a word; see docs/evaluation.md.
        mask: str, the same in a sentence for the model card.
        page: str, of docs/methods, without ".md"; empty: its name.
        follow: function of the options and an `ImageSet` that gives the
            options with what follows the data.
        milestones: dict of words to the name of an option in epochs: what
            changes in training, and when.
        ablations: `Arm`s of a benchmark besides the method as it is.
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
        """Whether given masks can teach its own."""
        return issubclass(self.config, LessonOptions)

    @property
    def required(self):
        """The inputs that `translate` cannot do without."""
        return tuple(port for port in self.inputs if not port.optional)

    @property
    def other_images(self):
        """The images that it needs beside the one that it translates."""
        return tuple(port for port in self.required[1:] if port.kind == "image")

    @property
    def served(self):
        """The inputs of its plain signatures; a signature can leave none out.

        What is required, and numbers of random choices.
        """
        return tuple(
            port
            for port in self.inputs
            if not port.optional or port.kind == "seed"
        )

    @property
    def several(self):
        """The `Port` whose values are several answers to one image, or None."""
        seeds = [port for port in self.inputs if port.kind == "seed"]
        return seeds[0] if seeds else None

    @property
    def images_taken(self):
        """The images that it takes instead of a random choice."""
        return tuple(
            port
            for port in self.inputs
            if port.optional and port.kind == "image"
        )

    @property
    def masks_taken(self):
        """The masks that it finds, or takes from its caller."""
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
