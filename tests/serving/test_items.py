"""Files that the client reads itself."""

import pytest

from serving.channels import Tls
from serving.errors import InvalidArgument
from serving.items import read_items

# The first 24 bytes of a PNG of 8 by 9 pixels: as far as the client looks.
HEADER = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x08\0\0\0\x09"


def test_paths_begin_in_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "a.png").write_bytes(HEADER)
    (item,), single = read_items("~/a.png", {"instances": ["~/a.png"]})
    assert single and item.label == "~/a.png"
    assert item.inputs == {"image": HEADER, "instances": (HEADER,)}
    with pytest.raises(FileNotFoundError, match=str(tmp_path)):
        Tls(ca="~/ca.pem").credentials()


def test_an_unknown_home_folder_is_the_inputs_fault():
    with pytest.raises(InvalidArgument, match=r"begins with ~.*\./~nobody-x"):
        read_items("~nobody-x/a.png", {})
