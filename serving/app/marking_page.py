"""The page on which a person paints the masks of training images."""

import gradio as gr

from serving.app import painting
from serving.app.editors import (
    mask_editor,
    paint_of,
    paintable,
    picture_of_file,
    telling,
)
from serving.app.marking import Marking, words


class _Page:
    """The functions of the page's buttons; `at` is a place in the files."""

    def __init__(self, marking):
        self._marking = marking

    def _opened(self, at):
        """The fields that are shown for a place."""
        marking = self._marking
        ended = at >= len(marking.files)
        value = None
        if not ended:
            file = marking.files[at]
            picture = picture_of_file(marking.root / file)
            value = paintable(picture, marking.present(file, picture))
        return (
            at,
            words(marking, at),
            value,
            gr.Row(visible=not ended),
            gr.Row(visible=False),
        )

    @telling
    def start(self):
        """The first image without a mask."""
        files = self._marking.files
        open_ones = (
            at
            for at, file in enumerate(files)
            if self._marking.saved(file) is None
        )
        return self._opened(next(open_ones, len(files)))

    @telling
    def move(self, at, by):
        """Another image; nothing is saved."""
        last = len(self._marking.files)
        return self._opened(min(max(at + by, 0), last))

    @telling
    def save(self, at, value, replace):
        """Saves what is painted and goes on, or asks."""
        marking = self._marking
        file = marking.files[at]
        size = picture_of_file(marking.root / file).shape[:2]
        mask = painting.mask_of(paint_of(value), size)
        if mask is None:
            raise ValueError("The picture is not there yet: wait a moment.")
        try:
            marking.save(file, mask, replace)
        except marking.exists:
            # The paint stays.
            return (
                at,
                words(marking, at),
                gr.skip(),
                gr.Row(visible=False),
                gr.Row(visible=True),
            )
        return self._opened(at + 1)


def marking_page(marking: Marking) -> gr.Blocks:
    """The page, not yet served.

    Args:
        marking: `Marking`.

    Returns:
        `gradio.Blocks`.
    """
    does = _Page(marking)
    with gr.Blocks(title="tfmask: masks", analytics_enabled=False) as blocks:
        at = gr.State(0)
        where = gr.Markdown(elem_id="where")
        editor = mask_editor(
            "Paint what is object; wipe what is not", "mask_editor", width=600
        )
        with gr.Row() as buttons:
            back = gr.Button("Back", elem_id="back")
            skip = gr.Button("Skip", elem_id="skip")
            save = gr.Button("Save and next", variant="primary", elem_id="save")
        with gr.Row(visible=False) as question:
            gr.Markdown("This image has a mask already. Replace it?")
            keep = gr.Button("Keep the old one", elem_id="keep")
            replace = gr.Button("Replace it", variant="stop", elem_id="replace")
        shown = [at, where, editor, buttons, question]
        blocks.load(does.start, None, shown)
        back.click(lambda at: does.move(at, -1), at, shown)
        for button in (skip, keep):
            button.click(lambda at: does.move(at, 1), at, shown)
        save.click(
            lambda at, value: does.save(at, value, False), [at, editor], shown
        )
        replace.click(
            lambda at, value: does.save(at, value, True), [at, editor], shown
        )
    return blocks
