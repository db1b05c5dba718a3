"""The page on which a person translates pictures and edits masks."""

import functools
import tempfile
from pathlib import Path

import gradio as gr

from serving.app import painting
from serving.app.editors import (
    mask_editor,
    paint_of,
    paintable,
    picture_of_file,
    telling,
)
from serving.app.translation_requests import (
    MOST_SAMPLES,
    TranslationRequest,
    attributes_of,
    directions,
    takes_exemplar,
    takes_objects,
    translations_of,
)
from serving.client import Client
from serving.client.ports import read_ports
from serving.commands.pictures import as_png, resized

_PICTURES = ["upload", "clipboard"]


class _Page:
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


def page(
    client: Client,
    models: tuple[str, ...],
    results: Path,
    *,
    pictures: dict[str, Path] | None = None,
    attributes: tuple[str, ...] = (),
) -> gr.Blocks:
    """The page, not yet served.

    Args:
        client: `Client` of the server.
        models: names of models to choose from; any other can be typed.
        results: folder for files to download.
        pictures: dict of name to path, a folder's pictures to choose from.
        attributes: names of the attributes of the models.

    Returns:
        `gradio.Blocks`.
    """
    does = _Page(client, pictures or {}, attributes, results)
    part = {}
    with gr.Blocks(title="tfmask", analytics_enabled=False) as blocks:
        with gr.Row():
            with gr.Column(scale=1, min_width=280):
                _choices(part, models, list(pictures or {}))
            with gr.Column(scale=3):
                _work(part)
        _events(blocks, part, does, bool(pictures))
    return blocks


def _choices(part, models, names):
    """The left side: what is translated, by what."""
    part["model"] = gr.Dropdown(
        list(models),
        value=models[0] if models else None,
        allow_custom_value=True,
        label="Model",
        elem_id="model",
    )
    part["direction"] = gr.Radio([], label="Direction", elem_id="direction")
    part["name"] = gr.Dropdown(
        names,
        value=None,
        label="Picture of the folder",
        visible=bool(names),
        elem_id="name",
    )
    part["picture"] = _picture("Picture", "picture")
    with gr.Column(visible=False) as part["exemplar_part"]:
        part["exemplar"] = _picture("Exemplar: its look is taken", "exemplar")
    with gr.Column(visible=False) as part["attributes_part"]:
        part["on"] = gr.CheckboxGroup([], label="Switch on", elem_id="on")
        part["off"] = gr.CheckboxGroup([], label="Switch off", elem_id="off")
    with gr.Column(visible=False) as part["samples_part"]:
        part["samples"] = gr.Slider(
            minimum=1,
            maximum=MOST_SAMPLES,
            value=1,
            step=1,
            label="Answers (unless there is an exemplar)",
            elem_id="samples",
        )
        part["seed"] = gr.Number(0, precision=0, label="Number of the first")


def _picture(label, name):
    # It is a file, so our reader opens it as in every command.
    return gr.Image(
        label=label,
        type="filepath",
        image_mode=None,
        format="png",
        sources=_PICTURES,
        height=220,
        buttons=[],
        elem_id=name,
    )


def _work(part):
    """The right side: masks to paint, and the answers."""
    part["hint"] = gr.Markdown()
    with gr.Row():
        with gr.Column(scale=2, min_width=400):
            with gr.Column() as part["masks"]:
                part["mask_editor"] = mask_editor(
                    "Picture and mask", "mask_editor"
                )
            with gr.Column(visible=False) as part["objects"]:
                part["object_editor"] = mask_editor(
                    "Picture and objects",
                    "object_editor",
                    colours=painting.COLOURS,
                )
            with gr.Row():
                part["find"] = gr.Button(
                    "Translate", variant="primary", elem_id="find"
                )
                part["own"] = gr.Button("Translate with my mask", elem_id="own")
            with gr.Column(visible=False) as part["exemplar_editor"]:
                part["other_editor"] = mask_editor(
                    "Exemplar and its mask", "other_editor"
                )
        with gr.Column(scale=1, min_width=260):
            part["image"] = _answer("Translation", "image")
            part["mask"] = _answer("Mask", "mask")
            part["answered"] = gr.Markdown(elem_id="answered")
    part["more"] = gr.Gallery(
        label="More",
        visible=False,
        columns=4,
        object_fit="contain",
        height=260,
        format="png",
        elem_id="more",
    )


def _answer(label, name):
    return gr.Image(
        label=label,
        format="png",
        interactive=False,
        height=256,
        buttons=["download", "fullscreen"],
        elem_id=name,
    )


def _events(blocks, part, does, has_folder):
    """Connects what is seen with what is done."""

    def connect(event, function, inputs, outputs):
        """Functions take and give dicts of names."""
        named = {part[name]: name for name in inputs}

        def call(values):
            shown = function({named[one]: values[one] for one in named})
            return {part[name]: value for name, value in shown.items()}

        event(call, {*named}, [part[name] for name in outputs])

    editors = ["mask_editor", "object_editor"]

    def shows_what_it_takes(event):
        connect(
            event,
            lambda values: does.chosen_direction(**values),
            ["model", "direction", "picture", *editors],
            [
                *editors,
                "masks",
                "objects",
                "hint",
                "exemplar_part",
                "exemplar_editor",
                "attributes_part",
                "on",
                "off",
                "samples_part",
                "own",
            ],
        )

    for event in (blocks.load, part["model"].change):
        chosen = event(does.chosen_model, part["model"], part["direction"])
        # Also if another model has the same direction as the one before.
        shows_what_it_takes(chosen.success)
    shows_what_it_takes(part["direction"].input)
    if has_folder:
        part["name"].change(does.chosen_name, part["name"], part["picture"])
    connect(
        part["picture"].change,
        lambda values: does.opened(**values),
        ["model", "direction", "picture"],
        editors,
    )
    part["exemplar"].change(
        does.opened_exemplar, part["exemplar"], part["other_editor"]
    )
    mask_editors = ("mask_editor", "other_editor")
    buttons = (("find", False, mask_editors), ("own", True, ()))
    for button, own, changed in buttons:
        connect(
            part[button].click,
            functools.partial(does.translated, own),
            [
                "model",
                "direction",
                "picture",
                "exemplar",
                "on",
                "off",
                "samples",
                "seed",
                "mask_editor",
                "object_editor",
                "other_editor",
            ],
            ["image", "mask", "more", "answered", *changed],
        )
