"""The Python API: what it takes, what it refuses, and in which words."""

import copy
import pickle
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

import tfmask
from tfmask.export.run import export_run

pytestmark = pytest.mark.both_stacks

SIDE = 16
TINY = {
    "filters": 4,
    "blocks": 1,
    "attention_filters": 4,
    "attention_blocks": 1,
    "discriminator_filters": 4,
    "discriminator_layers": 1,
    "checkpoint_every": 2,
    "sample_every": 100,
}


@pytest.fixture(scope="module")
def data():
    return tfmask.open_data("synthetic", SIDE, synthetic_count=(6, 4))


@pytest.fixture(scope="module")
def model(data):
    return tfmask.from_preset(
        "attention_guided", "quick", data, cycle_weight=5, flip=False, **TINY
    )


@pytest.fixture(scope="module")
def pixels():
    return np.random.default_rng(0).integers(0, 256, (18, 21, 3), np.uint8)


def refused(function, *parts, kind=ValueError):
    """The one line of an error, which holds some parts."""
    with pytest.raises(kind) as error:
        function()
    text = str(error.value)
    assert "\n" not in text
    for part in parts:
        assert part in text, text


def test_the_names_are_there_before_tensorflow_is():
    code = (
        "import sys, tfmask; names = dir(tfmask)\n"
        "assert {'open_data', 'from_preset', 'train', 'load_run', 'evaluate',"
        " 'export'} <= set(names)\n"
        "assert callable(tfmask.export) and callable(tfmask.from_preset)\n"
        "assert 'tensorflow' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    with pytest.raises(AttributeError, match="nothing_such"):
        _ = tfmask.nothing_such


def test_fields_of_all_groups_are_keywords(model):
    config = model.origin.config
    assert model.config.cycle_weight == config.method.cycle_weight == 5
    assert config.run.checkpoint_every == 2 and not config.data.flip
    assert config.data.image_size == SIDE
    assert config.data.location == "synthetic"


def test_wrong_presets_are_told(data):
    def preset(*arguments, **fields):
        return lambda: tfmask.from_preset(*arguments, **fields)

    known = ("attention_guided", "quick", data)
    refused(preset("attention_guide", "quick", data), "attention_guided")
    refused(preset("attention_guided", "quik", data), "quick")
    refused(preset(*known, cycle_wieght=5), "cycle_wieght", "cycle_weight")
    refused(preset(*known, image_size=8), "image_size", "open_data")
    refused(preset(*known, batch_size=0), "batch_size")
    refused(preset(*known, cycle_weight="5"), "`cycle_weight`", "float", "'5'")
    refused(preset(*known, image_size=8, flip=1), "`flip`", "bool")
    refused(preset("attention_guided", "quick", "photos"), "photos")
    refused(preset("attention_guided"), "open_data")
    refused(preset("pix2pix", "quick", data), "pix2pix")


def test_wrong_data_is_told(tmp_path):
    refused(lambda: tfmask.open_data(tmp_path / "none"), "none")
    refused(lambda: tfmask.open_data("synthetic", image_sise=8), "image_size")


@pytest.mark.medium
def test_whatever_holds_an_image_gives_the_same(model, pixels, tmp_path):
    path = tmp_path / "one.png"
    Image.fromarray(pixels).save(path)
    first = model.translate_images(pixels)
    assert first.image.shape == (18, 21, 3) and first.mask.shape == (18, 21)
    assert first.image.dtype == first.mask.dtype == np.uint8
    forms = [path, str(path), Image.open(path), pixels / 127.5 - 1.0]
    for other in model.translate_images(forms):
        np.testing.assert_array_equal(other.image, first.image)
        np.testing.assert_array_equal(other.mask, first.mask)
    (batched,) = model.translate_images(pixels[np.newaxis])
    np.testing.assert_array_equal(batched.image, first.image)
    back = model.translate_images(pixels, "b_to_a")
    assert np.any(back.image != first.image)


def test_it_gives_what_translate_writes(model, pixels, tmp_path):
    from trainers.translate import main

    Image.fromarray(pixels).save(tmp_path / "one.png")
    out = tmp_path / "out"
    line = ["--run", "r", "--input", tmp_path / "one.png", "--output", out]
    main([str(word) for word in line], load_run=lambda run: (None, model))
    result = model.translate_images(pixels)
    np.testing.assert_array_equal(Image.open(out / "one.png"), result.image)
    mask = Image.open(out / "masks" / "one_mask.png")
    np.testing.assert_array_equal(mask, result.mask)


def test_wrong_images_are_told(model, pixels, tmp_path):
    def translation(*arguments, **inputs):
        return lambda: model.translate_images(*arguments, **inputs)

    bad = tmp_path / "bad.png"
    bad.write_bytes(b"no image")
    refused(translation(tmp_path / "none.png"), "none.png")
    refused(translation(bad), "bad.png")
    refused(translation(pixels / 255.0 * 2.0), "[-1, 1]", "to 2")
    refused(translation(np.full((9, 9, 3), np.nan)), "nan")
    refused(translation(pixels[..., 0]), "(18, 21)")
    refused(translation(pixels.astype(int)), "int64")
    refused(translation([pixels, 3]), "images[1]", "int")
    refused(translation(pixels[:4]), "at least 8")
    refused(translation(pixels, "c_to_d"), "a_to_b")
    refused(translation(pixels, exemplar=pixels), "exemplar")


def test_it_is_a_keras_model(model):
    batch = np.linspace(-1, 1, 2 * SIDE * SIDE * 3, dtype=np.float32)
    batch = batch.reshape(2, SIDE, SIDE, 3)
    expected = model.translate({"image": batch}, "a_to_b")
    for translation in (model(batch), model.predict(batch, verbose=0)):
        for name in ("image", "mask"):
            np.testing.assert_allclose(
                translation[name], expected[name], atol=1e-5
            )
    for call in (model, model.predict):
        refused(lambda c=call: c(batch * 2), "translate_images", "-2 to 2")
    for call in (model.fit, model.evaluate):
        refused(lambda c=call: c(batch), "train_batches", "ndarray")
        refused(lambda c=call: c({"image": batch}), "train_batches", "dict")
    refused(lambda: model(batch.astype(np.uint8)), "uint8")
    refused(lambda: model(batch[:, :15]), "multiples of 4")
    refused(lambda: model({"picture": batch}), "`image` is missing")
    refused(lambda: model.save("model.keras"), "tfmask.export")
    refused(lambda: model.export("model"), "tfmask.export")


@pytest.mark.parametrize("way", [copy.copy, copy.deepcopy, pickle.dumps])
def test_copies_say_what_to_use(model, way):
    refused(lambda: way(model), "from_preset", kind=TypeError)


@pytest.mark.parametrize("way", ["get_config", "to_json"])
def test_a_method_has_no_keras_config(model, way):
    refused(getattr(model, way), "from_preset", kind=NotImplementedError)


def test_wrong_verbs_are_told(model, data, tmp_path):
    run = tmp_path / "run"
    refused(lambda: tfmask.train(model, data, run, steps=0), "`steps`")
    refused(lambda: tfmask.train(model, data, run, steps=1, epochs=1), "both")
    refused(lambda: tfmask.train("model", data, run), "from_preset", "str")
    refused(lambda: tfmask.train(model, "photos", run), "open_data", "photos")
    refused(lambda: tfmask.train(model, data, run, resume=True), "run folder")
    refused(lambda: tfmask.evaluate(model, data, spilt="test"), "split")
    refused(lambda: tfmask.evaluate(model, data, split="all"), "test")
    refused(lambda: tfmask.load_run(run), "run folder")
    refused(lambda: export_run(model, tmp_path, "a/b"), "a/b")
    refused(lambda: export_run(None, tmp_path, "a"), "from_preset")
    assert not run.exists()


@pytest.mark.slow
def test_train_follows_steps_and_leaves_a_run(data, tmp_path):
    model = tfmask.from_preset("attention_guided", "quick", data, **TINY)
    before = model.get_weights()
    run = tfmask.train(model, data, tmp_path / "run", steps=2)
    assert (run / "config.json").is_file() and int(model.step.numpy()) == 2
    # Six images an epoch: two steps are a third of one.
    assert model.config.freeze_attention_epoch < 1
    assert any(
        np.any(a != b) for a, b in zip(before, model.get_weights(), strict=True)
    )
    loaded = tfmask.load_run(run)
    for a, b in zip(model.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    refused(lambda: tfmask.train(model, data, run, steps=3), "resume")
    tfmask.train(loaded, data, run, steps=3, resume=True)
    assert int(loaded.step.numpy()) == 3
    numbers = tfmask.evaluate(loaded, data, limit=2)
    assert numbers["n"]["a_to_b"] == 2
    assert 0 <= numbers["directions"]["a_to_b"]["model"]["mask_iou"] <= 1
