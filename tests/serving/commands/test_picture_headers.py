"""What the first bytes of image files say."""

import pytest
from picture_files import COLOURS, encoded
from PIL import Image

from serving.commands.picture_headers import TURNS, orientation


@pytest.mark.parametrize("end", [1, 3, 9, 20, 30, 50])
def test_headers_that_are_cut_off(end):
    exif = Image.Exif()
    exif[0x0112] = 6
    for kind in ("PNG", "JPEG"):
        content = encoded(COLOURS, kind, exif=exif)
        assert orientation(content[:end]) in TURNS
