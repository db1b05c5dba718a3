"""What the buttons and fields of the page do."""

import tempfile
from pathlib import Path

import gradio as gr

from serving.app import painting
from serving.app.editors import paint_of, paintable, picture_of_file, telling
from serving.app.translation_requests import (
    TranslationRequest,
    attributes_of,
    directions,
    takes_exemplar,
    takes_objects,
    translations_of,
)
from serving.client.ports import read_ports
from serving.commands.pictures import as_png, resized


class PageFunctions:
    """The functions of the page's buttons.

    Args:
        client: `Client`.
        pictures: dict of name to the path of a picture to choose from.
        attributes: names of attributes, or none.
        results: folder for files to download.
    """

    def __init__(self, client, pictures, attributes, results):
        self._client, self._pictures = client, pictures
        self._attributes, self._results = attributes, results

    def _ports(self, model, direction):
        return read_ports(self._client.metadata(model=model), direction)

    @telling
    def chosen_model(self, model):
        """The directions of a model."""
        if not model:
            raise ValueError("Type the name of a model that the server has.")
        known = directions(self._client.metadata(model=model))
        if not known:
            raise ValueError(f"{model} has no signature that translates.")
        return gr.Radio(choices=known, value=known[0])

    @telling
    def chosen_direction(self, model, direction, picture, **editors):
        """The fields that are shown for a model and direction.

        Args:
            model: str.
            direction: str.
            picture: path or None.
            **editors: values of the two editors of pictures; the one that is
                shown keeps what is painted.
        """
        ports = self._ports(model, direction)
        shown = {}
        name = "object_editor" if takes_objects(ports) else "mask_editor"
        if picture and not editors[name]:
            shown = self.opened(model, direction, picture)
        names = attributes_of(self._attributes, ports)
        choices = [(name, number) for number, name in enumerate(names)]
        groups = takes_objects(ports)
        exemplar = takes_exemplar(ports)
        return shown | {
            "masks": gr.Column(visible=not groups),
            "objects": gr.Column(visible=groups),
            "hint": _hint(ports),
            "exemplar_part": gr.Column(visible=exemplar),
            "exemplar_editor": gr.Column(
                visible="exemplar_mask" in ports.masks
            ),
            "attributes_part": gr.Column(visible=bool(names)),
            "on": gr.CheckboxGroup(choices=choices, value=[]),
            "off": gr.CheckboxGroup(choices=choices, value=[]),
            "samples_part": gr.Column(visible=bool(ports.seeds)),
            "own": gr.Button(visible=not groups),
        }

    @telling
    def chosen_name(self, name):
        """The picture of a name in the folder."""
        return picture_of_file(self._pictures[name])

    @telling
    def opened(self, model, direction, picture):
        """The editor of a new picture, without a mask.

        The other editor of pictures is emptied: its paint belongs to the
        picture before.
        """
        objects = takes_objects(self._ports(model, direction))
        editors = ["mask_editor", "object_editor"]
        shown, other = editors[::-1] if objects else editors
        value = paintable(picture_of_file(picture)) if picture else None
        return {shown: value, other: None}

    @telling
    def opened_exemplar(self, file):
        """The editor of a new exemplar."""
        return paintable(picture_of_file(file)) if file else None

    @telling
    def translated(self, own, values):
        """The answers, and editors with the masks that were found.

        Args:
            own: bool, the mask is the user's own.
            values: dict of a component's name to its value.
        """
        if not values["picture"]:
            raise ValueError("Choose a picture first.")
        model, direction = values["model"], values["direction"]
        ports = self._ports(model, direction)
        picture = picture_of_file(values["picture"])
        size, exemplar, masks = picture.shape[:2], None, {}
        if takes_exemplar(ports) and values["exemplar"]:
            exemplar = picture_of_file(values["exemplar"])
        if own:
            masks["mask"] = painting.mask_of(
                paint_of(values["mask_editor"]), size
            )
            if exemplar is not None:
                other = painting.mask_of(
                    paint_of(values["other_editor"]), exemplar.shape[:2]
                )
                # Nothing is painted there, so the model finds the mask.
                if other is not None and other.any():
                    masks["exemplar_mask"] = other
        objects = None
        if takes_objects(ports):
            objects = painting.objects_of(
                paint_of(values["object_editor"]), size
            )
        translations = translations_of(
            self._client,
            model,
            ports,
            TranslationRequest(
                picture=picture,
                direction=direction,
                exemplar=exemplar,
                masks={n: m for n, m in masks.items() if m is not None},
                objects=objects,
                on=tuple(values["on"]),
                off=tuple(values["off"]),
                samples=int(values["samples"]),
                seed=int(values["seed"]),
            ),
        )
        return self._shown(translations, picture, exemplar, own, values)

    def _shown(self, translations, picture, exemplar, own, values):
        first, stem = translations[0], Path(values["picture"]).stem
        shown = {
            "image": self._file(f"{stem}.png", first.image),
            "mask": self._file(f"{stem}_mask.png", first.mask),
            "answered": f"Version {first.version} answered.",
        }
        more = []
        if len(translations) > 1:
            more = [
                (one.image, f"number {int(values['seed']) + at}")
                for at, one in enumerate(translations)
            ]
        objects = first.extras.get("instances")
        if objects is not None:
            more.append((painting.coloured(objects, first.image), "objects"))
        shown["more"] = gr.Gallery(value=more, visible=bool(more))
        if not own:
            shown["mask_editor"] = paintable(picture, first.mask)
            other = first.extras.get("exemplar_mask")
            if other is not None:
                resized_mask = resized(other[..., 0], *exemplar.shape[:2])
                shown["other_editor"] = paintable(exemplar, resized_mask)
        return shown

    def _file(self, name, pixels):
        """A picture on disk, under the name that its download gets."""
        folder = Path(tempfile.mkdtemp(dir=self._results))
        (folder / name).write_bytes(as_png(pixels))
        return str(folder / name)


def _hint(ports):
    """A hint on how to use one's own mask with a model."""
    if takes_objects(ports):
        return (
            "Paint the objects that are to be translated, each in a colour "
            "of its own (the palette has six)."
        )
    if "mask" in ports.masks:
        return (
            "**Translate** shows the mask that the model finds. Paint or "
            "wipe, then **Translate with my mask**: the model works where "
            "your mask is."
        )
    return (
        "**Translate** shows where the model changed the picture. It takes no "
        "mask of yours: **Translate with my mask** cuts its translation out "
        "with it, and keeps the picture outside."
    )
