"""Parts of Gradio that both pages use."""

import functools
from pathlib import Path

import gradio as gr
import numpy as np

from serving.app import painting
from serving.client import ServingError
from serving.commands.pictures import PictureError, read_image

# These are fonts of the user's system. The page loads nothing from other
# servers.
_FONTS = ["system-ui", "sans-serif"]
THEME = gr.themes.Default(font=_FONTS, font_mono=["monospace"])
_BRUSH = 24  # radius, of the canvas's pixels
# Small pictures are enlarged to the free space.
CSS = """
#image img, #mask img, #picture img, #exemplar img {
    width: 100%; height: 100%; object-fit: contain;
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
    height: int = 480,
) -> gr.ImageEditor:
    """An editor whose one layer is a mask; see `painting`.

    Args:
        label: str, over it.
        name: str, its id in the page.
        colours: the brush's.
        height: int, pixels on the screen.

    Returns:
        `gradio.ImageEditor`.
    """
    brush = [(f"rgb{colour}", painting.OPACITY) for colour in colours]
    return gr.ImageEditor(
        label=label,
        image_mode="RGBA",
        # Other formats would change the values of the mask.
        format="png",
        sources=[],
        transforms=None,
        layers=False,
        brush=gr.Brush(
            default_size=_BRUSH,
            colors=brush,
            default_color=brush[0],
            color_mode="fixed",
        ),
        eraser=gr.Eraser(default_size=_BRUSH),
        canvas_size=(painting.SIDE, painting.SIDE),
        fixed_canvas=True,
        buttons=[],
        height=height,
        elem_id=name,
    )
