"""Methods that translate in tiles: the pixels of one pass."""

import contextlib

import numpy as np
import pytest
import tensorflow as tf
from fake_runs import BrightMethod, fake_run
from PIL import Image

from serving.commands import progress
from serving.commands.progress import Bars
from serving.commands.tiles import Tiling
from tfmask.methods import method_spec
from tfmask.methods.ports import EXEMPLAR, EXEMPLAR_MASK, IMAGE, MASK
from tfmask.methods.python_use import PythonUse
from tfmask.methods.spec import MethodSpec
from tfmask.ops.errors import UserError
from tfmask.translation.translate import compiled_translate, translate_pixels
from trainers.translate import main


class Local(BrightMethod):
    """Strides of 4 and zeros at the edges: a pixel knows 7 around it."""

    def translate(self, inputs, direction):
        image = inputs["image"]
        half = tf.nn.avg_pool2d(image, 4, 4, "VALID")
        coarse = tf.nn.avg_pool2d(
            tf.pad(half, [[0, 0], *[[1, 1]] * 2, [0, 0]]), 3, 1, "VALID"
        )
        for axis in (1, 2):
            coarse = tf.repeat(coarse, 4, axis=axis)
        return {"image": coarse, "mask": tf.nn.sigmoid(9.0 * coarse[..., :1])}


class Styled:
    """Shows the mean of the exemplar and finds its bright half."""

    spec = MethodSpec(
        name="styled",
        title="",
        paper="",
        config=method_spec("lomit").config,
        presets=(),
        model="",
        data="unpaired",
        inputs=(IMAGE, EXEMPLAR),
        outputs=(IMAGE, MASK, EXEMPLAR_MASK),
    )
    multiple = 4

    def translate(self, inputs, direction):
        exemplar = inputs["exemplar"]
        mean = tf.reduce_mean(exemplar, (1, 2), keepdims=True)
        return {
            "image": tf.zeros_like(inputs["image"]) + mean,
            "mask": tf.cast(inputs["image"][..., :1] > 0, tf.float32),
            "exemplar_mask": tf.cast(exemplar[..., :1] > 0, tf.float32),
        }


class Objects:
    """Inverts the image inside of the objects and gives them back."""

    spec = method_spec("instagan")
    directions = ("a_to_b", "b_to_a")
    multiple = 4

    def translate(self, inputs, direction):
        instances = inputs["instances"]
        mask = tf.reduce_max(instances, axis=1)
        return {
            "image": inputs["image"] * (1.0 - 2.0 * mask),
            "mask": mask,
            "instances": instances,
        }


def picture(height, width, *channels, seed=0):
    """Smooth shades."""
    shape = (height // 8 + 2, width // 8 + 2, *channels)
    small = np.random.default_rng(seed).integers(0, 256, shape, np.uint8)
    return np.asarray(
        Image.fromarray(small).resize((width, height), Image.BICUBIC)
    )


def translated(method, pixels, tiling, **values):
    translate = compiled_translate(method, "a_to_b")
    return translate_pixels(translate, method, pixels, values, tiling)


@pytest.mark.parametrize("size", [(200, 330), (97, 260), (60, 131)])
def test_tiles_that_share_enough_equal_one_pass(size):
    pixels = picture(*size, 3)
    one = translated(Local(), pixels, None)
    for outputs in (
        translated(Local(), pixels, Tiling(128, 32)),
        translated(Local(), pixels / np.float32(127.5) - 1, Tiling(128, 64)),
    ):
        for name in ("image", "mask"):
            assert outputs[name].dtype == np.uint8
            np.testing.assert_array_equal(outputs[name], one[name])


def test_without_overlap_only_the_middles_equal_one_pass():
    pixels = picture(128, 256, 3)
    one = translated(Local(), pixels, None)["image"].astype(int)
    pixels_joined = translated(Local(), pixels, Tiling(128, 0))["image"].astype(
        int
    )
    apart = np.abs(pixels_joined - one).max(axis=(0, 2))
    assert apart[:120].max() == apart[136:].max() == 0 < apart[124:132].max()


def test_each_tile_sees_all_of_another_picture():
    pixels, exemplar = picture(100, 150, 3), picture(40, 50, 3, seed=1)
    values = {"exemplar": exemplar[None]}
    one = translated(Styled(), pixels, None, **values)
    outputs = translated(Styled(), pixels, Tiling(64), **values)
    np.testing.assert_allclose(
        outputs["image"], one["image"].astype(int), atol=1
    )
    np.testing.assert_array_equal(outputs["mask"], one["mask"])
    assert outputs["exemplar_mask"].shape == (100, 150, 1)
    same = (outputs["exemplar_mask"] > 127) == (one["exemplar_mask"] > 127)
    assert same.mean() > 0.97


def test_masks_of_objects_are_cut_along():
    pixels, masks = picture(90, 200, 3), picture(90, 200, 3, seed=2)
    instances = np.moveaxis(masks, -1, 0)[None, ..., None]
    outputs = translated(Objects(), pixels, Tiling(64), instances=instances)
    one = translated(Objects(), pixels, None, instances=instances)
    assert (
        list(outputs)
        == list(one)
        == [
            "image",
            "mask",
            "instance_0",
            "instance_1",
            "instance_2",
        ]
    )
    for name, value in one.items():
        np.testing.assert_array_equal(outputs[name], value)


def test_tiles_below_what_a_method_takes_are_refused():
    method = BrightMethod()
    method.multiple = 256
    with pytest.raises(UserError, match="at least 129 pixels.*Got: 128"):
        translated(method, picture(300, 300, 3), Tiling(128))


def test_the_command(tmp_path, capsys):
    pixels = picture(100, 171, 3)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    options = {"--run": "r", "--input": tmp_path / "a.png", "--tile": 64}
    options |= {"--overlap": 20, "--output": tmp_path / "out"}
    method = BrightMethod()
    argv = [str(word) for pair in options.items() for word in pair]
    assert main(argv, load_run=fake_run(method)) == 0
    assert method.traces == 1
    mask = pixels[..., :1] > 127
    np.testing.assert_array_equal(
        Image.open(tmp_path / "out" / "a.png"),
        np.where(mask, 255 - pixels, pixels),
    )
    np.testing.assert_array_equal(
        Image.open(tmp_path / "out" / "masks" / "a_mask.png"),
        mask[..., 0] * 255,
    )
    assert "1/1 images" in capsys.readouterr().err
    argv[argv.index("--overlap") + 1] = "40"
    with pytest.raises(SystemExit) as end:
        main(argv, load_run=fake_run(method))
    assert end.value.code == 2
    assert "`overlap` must be from 0 to 32" in capsys.readouterr().err


class InPython(PythonUse, BrightMethod):
    name, phase = "bright", 0


def test_python_gets_the_same_and_is_told_of_each_tile():
    pixels, told, method = picture(64, 130, 3), [], InPython()
    tiled = method.translate_images(
        pixels, tile=64, progress=lambda *count: told.append(count)
    )
    one = method.translate_images(pixels, progress=told.append)
    np.testing.assert_array_equal(tiled.image, one.image)
    np.testing.assert_array_equal(tiled.mask, one.mask)
    assert told == [(number, 4) for number in range(5)]


def test_ctrl_c_between_tiles_keeps_the_files_before(
    tmp_path, capsys, monkeypatch
):
    told = []

    @contextlib.contextmanager
    def impatient(description, total):
        def tiles(done, count):
            told.append((done, count))
            if len(told) == 8:
                raise KeyboardInterrupt

        yield Bars(lambda: None, tiles)

    monkeypatch.setattr(progress, "tiled_progress", impatient)
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    for name in "ab":
        Image.fromarray(picture(96, 96, 3)).save(folder / f"{name}.png")
    options = f"--run r --input {folder} --output {out} --tile 64".split()
    assert main(options, load_run=fake_run(BrightMethod())) == 130
    assert told == [(n, 4) for n in (0, 1, 2, 3, 4, 0, 1, 2)]
    assert [path.name for path in out.glob("*.*")] == ["a.png"]
    assert capsys.readouterr().err == "tfmask: interrupted\n"
