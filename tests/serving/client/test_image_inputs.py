"""Files that the client reads itself."""

import io

import pytest
from PIL import Image

from serving.client.channels import Tls
from serving.client.errors import InvalidArgument
from serving.client.image_inputs import read_items

KINDS = {"instances": "masks"}


def test_paths_begin_in_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    content = io.BytesIO()
    Image.new("L", (8, 9), 255).save(content, "PNG")
    (tmp_path / "a.png").write_bytes(content.getvalue())
    (item,), single = read_items("~/a.png", {"instances": ["~/a.png"]}, KINDS)
    assert single and item.labels["image"] == "~/a.png"
    message = content.getvalue()
    assert item.inputs == {"image": message, "instances": (message,)}
    with pytest.raises(FileNotFoundError, match=str(tmp_path)):
        Tls(ca="~/ca.pem").credentials()


def test_an_unknown_home_folder_is_the_inputs_fault():
    (item,), _ = read_items("~nobody-x/a.png", {}, KINDS)
    with pytest.raises(InvalidArgument, match=r"begins with ~.*\./~nobody-x"):
        raise item
