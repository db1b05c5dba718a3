"""`tfmask query` against a local server."""

import re
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from serving import query


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
    names = {path.name for path in output.iterdir()}
    assert names == {
        f"{stem}{end}.png" for stem in ("one", "two", "grey")
        for end in ("", "_mask")
    }  # fmt: skip
    mask = np.asarray(Image.open(output / "one_mask.png"))
    np.testing.assert_array_equal(mask > 127, pixels[..., 0] > 127)
    image = np.asarray(Image.open(output / "one.png"))
    np.testing.assert_array_equal(image[mask == 0], pixels[mask == 0])
    assert (image[mask > 127] >= pixels[mask > 127]).all()
    told = capsys.readouterr().err
    assert "files of other types, left out: 1" in told
    assert "3 of 3 images" in told


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
    told = capsys.readouterr().err.replace("\n", " ")
    assert "b.png: expected a PNG or JPEG image" in told
    assert "c.png: " in told and "{{node" not in told
    assert "2 of 4 images" in told
    assert {path.stem for path in output.glob("?.png")} == {"a", "d"}


@pytest.mark.parametrize(
    ("names", "text"),
    [
        ([], "expected files that end in"),
        (["a.png", "a.jpg"], "would both be written to a.png"),
        (["a.png", "a_mask.png"], "would both be written to a_mask.png"),
    ],
)
def test_folders_that_cannot_work(names, text, tmp_path, capsys):
    for name in names:
        write(tmp_path / name)
    assert run("127.0.0.1:1", tmp_path, tmp_path / "out") == 1
    told = capsys.readouterr().err
    assert text in told and len(told.splitlines()) == 1


@pytest.mark.parametrize(
    ("more", "text"),
    [
        (["--model", "nope"], "NOT_FOUND.*nope"),
        (["--version", "77"], "NOT_FOUND.*77"),
        (["--direction", "up"], "no signature 'up_encoded'"),
        (["--key", "k.pem"], "`key` and `certificate` go together"),
        (["--ca", "ca.pem"], "ca.pem: No such file"),
    ],
)
def test_failures_are_one_line(more, text, toy_target, tmp_path, capsys):
    write(tmp_path / "a.png")
    assert run(toy_target, tmp_path / "a.png", tmp_path / "out", *more) == 1
    told = capsys.readouterr().err
    assert "Traceback" not in told
    assert re.search(text, told.replace("\n", " ")), told


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
