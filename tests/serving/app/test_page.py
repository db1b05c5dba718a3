"""Parts of the page that Gradio builds."""

import pytest
from extras import needs_gradio

pytestmark = [needs_gradio, pytest.mark.medium, pytest.mark.release]


def test_no_button_sends_pictures_elsewhere():
    from serving.app import page

    pictures = [
        page._more(),
        page._answer("Translation", "image"),
        page._picture("Picture", "picture"),
    ]
    assert not [one.label for one in pictures if "share" in one.buttons]
