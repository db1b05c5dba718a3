"""The page on which a person translates pictures and edits masks."""

import functools
from pathlib import Path

import gradio as gr

from serving.app import painting
from serving.app.editors import mask_editor
from serving.app.page_functions import PageFunctions
from serving.app.translation_requests import MOST_SAMPLES
from serving.client import Client

_PICTURES = ["upload", "clipboard"]


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
    does = PageFunctions(client, pictures or {}, attributes, results)
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
    part["more"] = _more()


def _more():
    return gr.Gallery(
        label="More",
        visible=False,
        object_fit="contain",
        format="png",
        # Without Gradio's "share", which sends pictures to a server elsewhere.
        buttons=["download", "download_all", "fullscreen"],
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
