"""Parts of Gradio that both pages use."""

import base64
import functools
from pathlib import Path

import gradio as gr
import numpy as np

from serving.app import painting
from serving.client import ServingError
from serving.commands.pictures import (
    PictureError,
    as_png,
    open_picture,
    read_image,
)

# These are fonts of the user's system. The page loads nothing from other
# servers.
_FONTS = ["system-ui", "sans-serif"]
THEME = gr.themes.Default(font=_FONTS, font_mono=["monospace"])
_BRUSH = 24  # radius, of the canvas's pixels
_PNG = "data:image/png;base64,"
# Small pictures are enlarged to the free space. The pictures below the
# translation have one size and as many rows as they need. Otherwise one picture
# alone would be as wide as the page, and cut off.
CSS = """
#image img, #mask img, #picture img, #exemplar img {
    width: 100%; height: 100%; object-fit: contain;
}
#more .grid-wrap { min-height: 260px; max-height: none; overflow: visible; }
#more .grid-container {
    grid-template-columns: repeat(auto-fill, 200px); grid-auto-rows: 200px;
    grid-template-rows: none;
}
"""


def telling(function):
    """Lets a page's function tell what is wrong in the person's words."""

    @functools.wraps(function)
    def wrapper(*arguments, **named):
        try:
            return function(*arguments, **named)
        except ServingError as error:
            text = error.details or str(error)
        except (ValueError, OSError) as error:
            text = str(error)
        raise gr.Error(text, print_exception=False)

    return wrapper


def picture_of_file(path: str | Path) -> np.ndarray:
    """Reads a picture as all commands do.

    Args:
        path: of the file.

    Returns:
        (H, W, 3) uint8, upright.

    Raises:
        ValueError: it is damaged, or no picture.
        OSError: it cannot be read.
    """
    path = Path(path)
    try:
        return read_image(path.read_bytes())
    except PictureError as error:
        raise ValueError(f"{path.name}: {error}") from None


def mask_editor(
    label: str,
    name: str,
    *,
    colours: tuple[tuple[int, int, int], ...] = painting.COLOURS[:1],
    width: int = 480,
) -> gr.HTML:
    """A picture on which a person paints a mask; see `painting`.

    Its value is the paint as text: `paint_of` reads it. `paintable` makes what
    it shows.

    Args:
        label: str, over it.
        name: str, its id in the page.
        colours: the brush's.
        width: int, most pixels on the screen.

    Returns:
        `gradio.HTML`.
    """
    # This is no subclass, because Gradio writes a file beside the module of
    # each subclass.
    return gr.HTML(
        label=label,
        show_label=True,
        container=True,
        html_template=_tools_and_canvases(colours, width),
        css_template=_part("paint.css"),
        js_on_load=_part("paint.js"),
        apply_default_css=False,
        elem_id=name,
        background="",
    )


def paintable(picture: np.ndarray, mask: np.ndarray | None = None) -> gr.HTML:
    """What an editor becomes for a picture and its mask.

    Args:
        picture: (H, W, 3) uint8.
        mask: (H, W) uint8, or None for an empty one.

    Returns:
        `gradio.HTML` that is given back in place of the editor.
    """
    parts = painting.editor(picture, mask)
    return gr.HTML(
        value=_url(parts["layer"]), background=_url(parts["background"])
    )


def paint_of(value: str | None) -> np.ndarray | None:
    """The paint that an editor holds.

    Args:
        value: the editor's. It is empty where no picture is open.

    Returns:
        (SIDE, SIDE, 4) uint8, or None for an empty editor.
    """
    return _pixels(value) if value else None


def _part(name):
    return (Path(__file__).parent / name).read_text()


def _tools_and_canvases(colours, width):
    swatches = "".join(
        f"<button type=button data-colour='rgb{colour}' "
        f"aria-label='colour {number}' aria-pressed={str(number == 1).lower()} "
        f"style='background: rgb{colour}'></button>"
        for number, colour in enumerate(colours, 1)
    )
    canvas = f"<canvas width={painting.SIDE} height={painting.SIDE}"
    return (
        f"<div class=paint style='max-width: {width}px'>"
        "<div class=paint-tools>"
        "<button type=button data-tool=paint aria-pressed=true>Paint</button>"
        "<button type=button data-tool=wipe aria-pressed=false>Wipe</button>"
        f"{swatches}"
        f"<label>Size<input type=range min=2 max=96 value={_BRUSH}></label>"
        "<button type=button data-undo>Undo</button>"
        "<button type=button data-clear>Wipe all</button></div>"
        f"<div class=paint-canvases>{canvas}></canvas>"
        f"{canvas} style='opacity: {painting.OPACITY}'></canvas></div></div>"
    )


def _url(pixels):
    return _PNG + base64.b64encode(as_png(pixels)).decode()


def _pixels(url):
    data = base64.b64decode(url.removeprefix(_PNG))
    return np.asarray(open_picture(data).convert("RGBA"))
