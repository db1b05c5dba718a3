"""`tfmask query` against a local server."""

import re
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from serving import query
from serving.client import Client
from serving.client.errors import invalid
from serving.protocol.image_headers import read_header


def write(path, seed=0, mode="RGB"):
    random = np.random.default_rng(seed)
    pixels = random.integers(0, 256, (9, 11, 3), np.uint8)
    Image.fromarray(pixels).convert(mode).save(path)
    return np.asarray(Image.open(path).convert("RGB"))


def run(target, source, output, *more):
    arguments = ["--target", target, "--model", "toy", "--input", str(source)]
    return query.main([*arguments, "--output", str(output), *more])


def test_a_folder_becomes_images_and_masks(toy_target, tmp_path, capsys):
    source, output = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    pixels = write(source / "one.png")
    write(source / "two.JPG", seed=1)
    write(source / "grey.png", mode="L")
    (source / "notes.txt").write_text("not an image")
    assert run(toy_target, source, output) == 0
    stems = ("one", "two", "grey")
    names = {path.name for path in output.iterdir()}
    assert names == {"masks", *(f"{stem}.png" for stem in stems)}
    names = {path.name for path in (output / "masks").iterdir()}
    assert names == {f"{stem}_mask.png" for stem in stems}
    mask = np.asarray(Image.open(output / "masks" / "one_mask.png"))
    np.testing.assert_array_equal(mask > 127, pixels[..., 0] > 127)
    image = np.asarray(Image.open(output / "one.png"))
    np.testing.assert_array_equal(image[mask == 0], pixels[mask == 0])
    assert (image[mask > 127] >= pixels[mask > 127]).all()
    messages = capsys.readouterr().err
    assert "1 file left out, no images by their names: notes.txt" in messages
    assert "3 of 3 images" in messages


def test_a_folder_of_all_kinds_that_the_client_sends(
    toy_target, tmp_path, capsys
):
    source, output = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    names = ("a.png", "b.jpg", "c.jpeg", "d.bmp", "e.webp")
    for name in names:
        write(source / name)
    (source / "b.jpg").rename(source / "b.jfif")
    for name in ("f.heic", "g.avif", "h.tif"):
        (source / name).write_bytes(b"")
    assert run(toy_target, source, output) == 1
    assert {path.stem for path in output.glob("?.png")} == set("abcde")
    messages = capsys.readouterr().err.replace("\n", " ")
    for text in ("f.heic: is a HEIC", "g.avif: is an AVIF", "h.tif: is a TIFF"):
        assert text in messages
    assert "5 of 8 images" in messages


def test_one_bad_file_is_named_and_the_others_go_on(
    toy_target, tmp_path, capsys
):
    source, output = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    write(source / "a.png")
    (source / "b.png").write_text("text under a wrong name")
    write(source / "c.png")
    (source / "c.png").write_bytes((source / "c.png").read_bytes()[:60])
    write(source / "d.png")
    assert run(toy_target, source, output) == 1
    messages = capsys.readouterr().err.replace("\n", " ")
    assert "b.png: expected a PNG, JPEG, BMP or WebP image" in messages
    assert "c.png: " in messages and "{{node" not in messages
    assert "2 of 4 images" in messages
    assert {path.stem for path in output.glob("?.png")} == {"a", "d"}


def test_what_no_image_is_to_blame_for_ends_the_command(
    toy_target, tmp_path, monkeypatch, capsys
):
    source = tmp_path / "in"
    source.mkdir()
    for name in ("a.png", "b.png"):
        write(source / name)

    def translate(self, **inputs):
        raise invalid("`label`: gone", blames="call")

    monkeypatch.setattr(Client, "translate", translate)
    assert run(toy_target, source, tmp_path / "out") == 1
    messages = capsys.readouterr().err
    assert messages.count("`label`: gone") == 1 and "images in" not in messages


@pytest.mark.parametrize("missing", ["tyro", "rich", "PIL"])
def test_the_extra_is_named(missing, monkeypatch, capsys):
    for name in [*sys.modules]:
        if name.partition(".")[0] == missing:
            monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, missing, None)
    monkeypatch.setattr(sys, "argv", ["tfmask-query", "--help"])
    assert query.script() == 1
    messages = capsys.readouterr().err
    assert re.fullmatch(
        rf"tfmask-query: error: {missing}\S* is not installed: "
        r"pip install 'tfmask-client\[query\]'\n",
        messages,
    )


@pytest.mark.parametrize(
    ("names", "text"),
    [
        ([], "Expected images (.jpg, .jpeg, .png, .bmp, .jfif, .webp)"),
        (["a.png", "a.jpg"], "would both become"),
    ],
)
def test_folders_that_cannot_work(names, text, tmp_path, capsys):
    for name in names:
        write(tmp_path / name)
    assert run("127.0.0.1:1", tmp_path, tmp_path / "out") == 1
    messages = capsys.readouterr().err
    assert text in messages and len(messages.splitlines()) == 1


def test_results_are_replaced_only_on_demand(toy_target, tmp_path, capsys):
    write(tmp_path / "a.png")
    output = tmp_path / "out"
    (output / "masks").mkdir(parents=True)
    (output / "masks" / "a_mask.png").write_text("older")
    assert run(toy_target, tmp_path / "a.png", output) == 1
    messages = capsys.readouterr().err
    assert "already there" in messages and "--overwrite" in messages
    assert not (output / "a.png").exists()
    assert run(toy_target, tmp_path / "a.png", output, "--overwrite") == 0
    mask = (output / "masks" / "a_mask.png").read_bytes()
    assert read_header(mask)[:3] == ("PNG", 11, 9)


def test_inputs_are_never_replaced(tmp_path, capsys):
    write(tmp_path / "a.png")
    before = (tmp_path / "a.png").read_bytes()
    assert run("127.0.0.1:1", tmp_path, tmp_path, "--overwrite") == 1
    assert "would replace an input" in capsys.readouterr().err
    assert (tmp_path / "a.png").read_bytes() == before


def test_names_that_are_not_utf_8(toy_target, tmp_path, capsys):
    source, output = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    write(source / "b\udce4r.png")
    (source / "b\udce4d.png").write_text("no image")
    assert run(toy_target, source, output) == 1
    assert (output / "masks" / "b\udce4r_mask.png").is_file()
    assert r"b\udce4d.png: expected" in capsys.readouterr().err


def test_images_that_cannot_be_read_are_named_and_fail(
    toy_target, tmp_path, capsys
):
    source, output = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    write(source / "a.png")
    write(source / "a_mask.png")
    (source / "._a.png").write_text("of a file manager")
    assert run(toy_target, source, output, "--mask-output", f"{output}/m") == 0
    messages = capsys.readouterr().err
    assert "1 of 1 images" in messages and "1 mask beside" in messages
    assert (output / "m" / "a_mask.png").exists()
    write(source / "b.tif")
    (source / "gone.png").symlink_to(tmp_path / "moved.png")
    assert run(toy_target, source, output, "--overwrite") == 1
    messages = capsys.readouterr().err
    assert "b.tif: is a TIFF image: .tif files are not read" in messages
    assert "Convert it to PNG" in messages
    assert f"gone.png: is a link to {tmp_path}/moved.png, which is" in messages
    assert "1 of 3 images" in messages
    (source / "a.png").unlink()
    (source / "a_mask.png").unlink()
    assert run("127.0.0.1:1", source, output) == 1
    assert "0 of 2 images" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "text"),
    [
        (["--model", "nope"], "NOT_FOUND.*nope"),
        (["--version", "77"], "NOT_FOUND.*77"),
        (["--direction", "up"], "no signature 'up'"),
        (["--key", "k.pem"], "`key` and `certificate` go together"),
        (["--ca", "ca.pem"], "ca.pem: No such file"),
    ],
)
def test_failures_are_one_line(more, text, toy_target, tmp_path, capsys):
    write(tmp_path / "a.png")
    assert run(toy_target, tmp_path / "a.png", tmp_path / "out", *more) == 1
    messages = capsys.readouterr().err
    assert "Traceback" not in messages
    assert re.search(text, messages.replace("\n", " ")), messages


def test_no_server(tmp_path, capsys):
    write(tmp_path / "a.png")
    assert run("127.0.0.1:1", tmp_path / "a.png", tmp_path / "out") == 1
    assert "UNAVAILABLE" in capsys.readouterr().err


def test_usage_errors_have_exit_code_2():
    with pytest.raises(SystemExit) as caught:
        query.main(["--target", "x", "--nonsense"])
    assert caught.value.code == 2


def test_the_command_never_imports_tensorflow():
    code = (
        "import sys; from serving import query\n"
        "assert not {'tensorflow', 'tfmask', 'keras'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
