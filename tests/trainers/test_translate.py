"""Translating files: any size, safe outputs, bad files, clear errors."""

import numpy as np
import pytest
from fake_runs import BrightMethod, fake_run
from PIL import Image

from tfmask.ops.errors import UserError
from tfmask.translation.image_files import list_images, plan_outputs
from trainers.translate import main


def write_image(path, shape=(12, 16, 3), seed=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, shape, np.uint8)
    Image.fromarray(pixels).save(path)
    return pixels


def read(path):
    return np.asarray(Image.open(path))


def run_command(source, output, *more, method=None):
    return main(
        ["--run", "r", "--input", str(source), "--output", str(output), *more],
        load_run=fake_run(method or BrightMethod()),
    )


def expected(pixels):
    """What `BrightMethod` makes of RGB pixels: mask and translation."""
    mask = pixels[..., :1] > 127
    return np.where(mask, 255 - pixels, pixels), mask[..., 0] * 255


@pytest.mark.parametrize("size", [(8, 8), (12, 16), (13, 10), (31, 9)])
def test_images_of_any_size(tmp_path, size):
    pixels = write_image(tmp_path / "in" / "a.png", (*size, 3))
    out = tmp_path / "out"
    assert run_command(tmp_path / "in" / "a.png", out) == 0
    image, mask = expected(pixels)
    np.testing.assert_array_equal(read(out / "a.png"), image)
    np.testing.assert_array_equal(read(out / "masks" / "a_mask.png"), mask)


def test_images_of_the_training_size_and_masks_elsewhere(tmp_path):
    pixels = write_image(tmp_path / "in" / "a.png", (8, 8, 3))
    large = np.repeat(np.repeat(pixels, 2, axis=0), 2, axis=1)
    Image.fromarray(large).save(tmp_path / "in" / "a.png")
    out, masks = tmp_path / "out", tmp_path / "masks"
    more = ["--image-size", "16", "--mask-output", str(masks)]
    run_command(tmp_path / "in", out, *more)
    image, mask = expected(large)
    np.testing.assert_array_equal(read(out / "a.png"), image)
    np.testing.assert_array_equal(read(masks / "a_mask.png"), mask)
    assert [path.name for path in out.iterdir()] == ["a.png"]
    more[1] = "8"
    run_command(tmp_path / "in", out, *more, "--overwrite")
    assert read(out / "a.png").shape == (8, 8, 3)


def test_images_are_padded_to_the_multiple_in_one_graph(tmp_path):
    class Strict(BrightMethod):
        def translate(self, inputs, direction):
            import tensorflow as tf

            sides = tf.shape(inputs["image"])[1:3]
            tf.debugging.assert_equal(sides % self.multiple, 0)
            return super().translate(inputs, direction)

    method = Strict()
    for number, side in enumerate((9, 10, 12)):
        write_image(tmp_path / "in" / f"{number}.png", (side, side, 3))
    out = tmp_path / "out"
    assert run_command(tmp_path / "in", out, method=method) == 0
    assert method.traces == 1


def test_grey_and_transparent_images_become_rgb(tmp_path):
    grey = write_image(tmp_path / "in" / "grey.png", (12, 12))
    clear = write_image(tmp_path / "in" / "clear.png", (12, 12, 4))
    assert run_command(tmp_path / "in", tmp_path / "out") == 0
    image, _ = expected(np.repeat(grey[..., None], 3, axis=-1))
    np.testing.assert_array_equal(read(tmp_path / "out" / "grey.png"), image)
    image, _ = expected(clear[..., :3])
    np.testing.assert_array_equal(read(tmp_path / "out" / "clear.png"), image)


def test_bad_files_are_listed_and_do_not_stop_the_others(tmp_path, capsys):
    folder = tmp_path / "in"
    for name in ("a.png", "z.png"):
        write_image(folder / name)
    write_image(folder / "m_small.png", (1, 1, 3))
    (folder / "m_text.png").write_text("no image")
    whole = tmp_path / "whole.jpg"
    write_image(whole, (64, 64, 3))
    (folder / "m_cut.jpg").write_bytes(whole.read_bytes()[:200])
    (folder / "notes.txt").write_text("not meant")
    out = tmp_path / "out"
    assert run_command(folder, out) == 1
    assert {path.name for path in out.glob("*.png")} == {"a.png", "z.png"}
    masks = {path.name for path in (out / "masks").iterdir()}
    assert masks == {"a_mask.png", "z_mask.png"}
    written = capsys.readouterr()
    assert "2 of 5 images translated" in written.out
    assert "notes.txt" in written.out
    assert "3 of 5 images could not be translated" in written.err
    for name in ("m_small.png", "m_text.png", "m_cut.jpg"):
        assert name in written.err
    assert "1 high and 1 wide, expected at least 8" in written.err
    assert "Traceback" not in written.err


def test_an_image_too_large_for_memory_is_listed(tmp_path, capsys):
    class Greedy(BrightMethod):
        def translate(self, inputs, direction):
            import tensorflow as tf

            def fail(image):
                raise MemoryError("too much")

            image = tf.py_function(fail, [inputs["image"]], tf.float32)
            return {"image": image, "mask": image[..., :1]}

    write_image(tmp_path / "a.png")
    out = tmp_path / "out"
    code = run_command(tmp_path / "a.png", out, method=Greedy())
    assert code == 1
    assert "too large for this machine's memory" in capsys.readouterr().err


def test_results_are_replaced_only_on_demand(tmp_path, capsys):
    pixels = write_image(tmp_path / "a.png")
    out = tmp_path / "out"
    write_image(out / "masks" / "a_mask.png")
    assert run_command(tmp_path / "a.png", out) == 1
    assert "already there" in capsys.readouterr().err
    assert not (out / "a.png").exists()
    assert run_command(tmp_path / "a.png", out, "--overwrite") == 0
    mask = read(out / "masks" / "a_mask.png")
    np.testing.assert_array_equal(mask, expected(pixels)[1])


def test_inputs_are_never_replaced(tmp_path, capsys):
    write_image(tmp_path / "a.png")
    before = (tmp_path / "a.png").read_bytes()
    assert run_command(tmp_path, tmp_path, "--overwrite") == 1
    assert "would replace an input" in capsys.readouterr().err
    assert (tmp_path / "a.png").read_bytes() == before


def test_jpegs_may_get_their_results_beside_them(tmp_path):
    write_image(tmp_path / "a.jpg")
    assert run_command(tmp_path, tmp_path) == 0
    assert (tmp_path / "a.png").exists()


@pytest.mark.parametrize("names", [("a.png", "a.jpg"), ("a.png", "a_mask.png")])
def test_two_results_with_one_name_are_refused(tmp_path, names):
    images, out = [tmp_path / name for name in names], tmp_path / "out"
    with pytest.raises(UserError, match="would both become"):
        plan_outputs(
            images, out, dict.fromkeys(images, ["mask"]), mask_output=out
        )


def test_an_output_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "out").write_text("")
    with pytest.raises(UserError, match="must be a folder"):
        plan_outputs([tmp_path / "a.png"], tmp_path / "out", {})


def test_nothing_to_translate(tmp_path):
    with pytest.raises(UserError, match="which is not there"):
        list_images(tmp_path / "missing")


def test_images_that_cannot_be_read_count_as_failed(tmp_path, capsys):
    folder, out = tmp_path / "in", tmp_path / "out"
    write_image(folder / "a.png")
    write_image(folder / "a_mask.png")
    (folder / "gone.png").symlink_to(tmp_path / "moved.png")
    (folder / "b.webp").write_text("")
    assert run_command(folder, out) == 1
    written = capsys.readouterr()
    assert "1 of 3 images translated" in written.out
    assert "1 mask beside their images left out" in written.out
    assert f"gone.png: is a link to {tmp_path}/moved.png, which is not" in (
        written.err
    )
    assert "b.webp: is a WebP image: .webp files are not read" in written.err
    (folder / "a.png").unlink()
    (folder / "a_mask.png").unlink()
    assert run_command(folder, out) == 1
    assert "2 of 2 images could not be translated" in capsys.readouterr().err


def test_names_that_are_not_utf_8(tmp_path, capsys):
    write_image(tmp_path / "in" / "b\udce4r.png")
    (tmp_path / "in" / "b\udce4d.png").write_text("no image")
    out = tmp_path / "out"
    assert run_command(tmp_path / "in", out) == 1
    assert read(out / "b\udce4r.png").shape == (12, 16, 3)
    assert r"b\udce4d.png: is damaged" in capsys.readouterr().err


def test_an_unknown_direction_is_a_usage_error(tmp_path):
    with pytest.raises(SystemExit) as stopped:
        run_command(tmp_path, tmp_path, "--direction", "a_to_c")
    assert stopped.value.code == 2


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("--samples", "has one answer to an image; leave --samples"),
        ("--style-seed", "takes no style seed; leave --style-seed out"),
    ],
)
def test_a_method_of_one_answer_has_no_samples(tmp_path, capsys, option, words):
    write_image(tmp_path / "a.png")
    code = run_command(tmp_path / "a.png", tmp_path / "out", option, "2")
    assert code == 1 and words in capsys.readouterr().err
