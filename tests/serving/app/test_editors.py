"""The value of an editor on its way to the page and back."""

import numpy as np
import pytest
from extras import needs_gradio

from serving.app import painting

pytestmark = [needs_gradio, pytest.mark.medium, pytest.mark.release]


def test_the_paint_comes_back_exactly():
    from serving.app.editors import paint_of, paintable

    rng = np.random.default_rng(0)
    picture, mask = (
        rng.integers(0, 256, (40, 30, *channels), np.uint8)
        for channels in ((3,), ())
    )
    layer = paint_of(paintable(picture, mask).value)
    np.testing.assert_array_equal(
        layer, painting.editor(picture, mask)["layer"]
    )
    np.testing.assert_array_equal(painting.mask_of(layer, (40, 30)), mask)


def test_an_editor_without_a_picture_has_no_paint():
    from serving.app.editors import paint_of

    # The page says "" where Python said None.
    assert paint_of("") is None and paint_of(None) is None
