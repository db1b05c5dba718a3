"""One file means the same to training, prepare, translate and query."""

import io
import sys

import numpy as np
import pytest
import tensorflow as tf
from picture_files import (
    COLOURS,
    FULL,
    IMAGES,
    INNER,
    MASKS,
    SHADES,
    UNCLEAR,
    encoded,
    seen,
)
from PIL import Image, ImageOps

from data_pipelines.checks import check_examples, decode
from data_pipelines.examples import Encoded, Example
from data_pipelines.prepare.pixels import read_numbers, read_rgb
from data_pipelines.sources import EncodedSource
from serving.client import image_inputs as items
from serving.client import port_values as values
from serving.client.errors import InvalidArgument
from serving.client.query_inputs import Inputs, QueryError, read_edited
from tfmask.ops.errors import UserError
from tfmask.translation.inputs import read_beside, read_files


def rotated(tag, **options):
    exif = Image.Exif()
    exif[0x0112] = tag
    return encoded(COLOURS, "JPEG", exif=exif, **options)


def written(folder, contents):
    """dict of kind to path of files with these bytes."""
    paths = {}
    for number, (kind, content) in enumerate(contents.items()):
        paths[kind] = folder / f"{number}.png"
        paths[kind].write_bytes(content)
    return paths


def loaded(examples, *, keep_content, **wanted):
    """What training reads of checked files, in graph code: dict of arrays."""
    good, bad, _ = check_examples(examples, keep_content=keep_content)
    assert not bad
    source = EncodedSource(good)
    stream = tf.data.Dataset.range(len(good)).map(
        lambda index: source.load(index, None, **wanted)
    )
    return list(stream.as_numpy_iterator())


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    path = tmp_path_factory.mktemp("images") / "image.png"
    path.write_bytes(encoded(COLOURS))
    return path


@pytest.fixture(scope="module")
def masks(tmp_path_factory):
    return written(tmp_path_factory.mktemp("masks"), MASKS)


@pytest.mark.parametrize("keep_content", [True, False])
def test_masks_in_training(image, masks, keep_content):
    files = [Encoded.of_file(path) for path in masks.values()]
    picture = Encoded.of_file(image)
    regions = [Example("x", picture, region=file) for file in files]
    objects = [Example("x", picture, instances=(file,)) for file in files]
    examples = loaded(regions, keep_content=keep_content, region=True)
    for kind, example in zip(masks, examples, strict=True):
        assert (example["region"][..., 0] == INNER).all(), kind
    examples = loaded(objects, keep_content=keep_content, instances=1)
    for kind, example in zip(masks, examples, strict=True):
        assert (example["instances"][0, ..., 0] == INNER).all(), kind


def edited(mask):
    """What goes with an image: the caller's own mask."""
    return Inputs(masks={"mask": mask})


@pytest.mark.parametrize("kind", MASKS)
def test_masks_elsewhere(image, masks, kind):
    path = masks[kind]
    mask = read_beside({"mask": path}, *INNER.shape)["mask"]
    assert mask.dtype == np.uint8
    np.testing.assert_array_equal(mask[0, ..., 0] > 127, INNER)
    mask_read = read_files(image, [path])[1]
    np.testing.assert_array_equal(mask_read.max(-1) > 127, INNER)
    mask = read_edited(edited(path), image)["mask"]
    np.testing.assert_array_equal(mask > 127, INNER)
    try:
        numbers = read_numbers(path)
    except UserError:
        return  # `prepare` takes no colours
    if kind != "soft":  # two classes there
        np.testing.assert_array_equal(numbers > 0, INNER)


@pytest.mark.parametrize("kind", [k for k in MASKS if "32" not in k])
def test_instances_of_query_for_the_server(masks, kind):
    """The exported graph decodes to RGB and takes the brightest channel."""
    sent = values.read_encoded(masks[kind], "it", is_mask=True)
    pixels = tf.io.decode_image(sent, channels=3).numpy()
    np.testing.assert_array_equal(pixels.max(-1) > 127, INNER)


@pytest.mark.parametrize("kind", UNCLEAR)
def test_masks_that_could_mean_both_are_refused(tmp_path, image, kind):
    content, text = UNCLEAR[kind]
    path = tmp_path / "mask.png"
    path.write_bytes(content)
    if text == "is not an image":  # TensorFlow words this
        text = "not an image"
    example = Example("x", Encoded.of_file(image), Encoded.of_file(path))
    _, [(label, problem)], _ = check_examples([example], keep_content=False)
    assert label == str(path)
    if kind != "cut off":
        with pytest.raises(UserError, match=text):
            raise UserError(problem)
    with pytest.raises(UserError, match=str(path)):
        read_files(image, [path])
    with pytest.raises(UserError, match=str(path)):
        read_beside({"mask": path}, *INNER.shape)
    with pytest.raises(QueryError, match=str(path)):
        read_edited(edited(path), image)
    with pytest.raises(InvalidArgument, match=str(path)):
        values.read_encoded(path, str(path), is_mask=True)


ROTATED = {f"EXIF {tag}": rotated(tag) for tag in range(1, 9)}


def true_pixels(content):
    """(H, W, 3) of an image, upright; of JPEGs by TensorFlow's decoder."""
    if not content.startswith(b"\xff\xd8"):
        return seen(content)
    image = Image.open(io.BytesIO(content))
    pixels = tf.io.decode_image(content, channels=3).numpy()
    turned = Image.fromarray(pixels)
    turned.info.update(image.info)
    turned.getexif().update(image.getexif())
    return np.asarray(ImageOps.exif_transpose(turned))


@pytest.mark.parametrize("keep_content", [True, False])
def test_images_in_training(tmp_path, keep_content):
    paths = written(tmp_path, IMAGES | ROTATED)
    examples = [Example("x", Encoded.of_file(p)) for p in paths.values()]
    images = loaded(examples, keep_content=keep_content)
    for (kind, path), example in zip(paths.items(), images, strict=True):
        content = path.read_bytes()
        expected = true_pixels(content)
        np.testing.assert_array_equal(example["image"], expected, kind)
        np.testing.assert_array_equal(decode(content), expected, kind)
        np.testing.assert_array_equal(read_files(path)[0], expected, kind)


@pytest.mark.parametrize("kind", [*IMAGES, *ROTATED])
def test_images_of_query_for_the_server(tmp_path, kind):
    content = (IMAGES | ROTATED)[kind]
    sent = values.read_encoded(content, "it")
    pixels = tf.io.decode_image(sent, channels=3).numpy()
    # The JPEG decoders of Pillow and TensorFlow round differently, most of all
    # for CMYK.
    far = 8 if content.startswith(b"\xff\xd8") else 0
    expected = true_pixels(content).astype(int)
    assert np.abs(pixels - expected).max() <= far
    plain = content[:2] != b"BM" and (kind not in ROTATED or kind == "EXIF 1")
    if plain and "16" not in kind:
        assert sent is content
    path = tmp_path / "x.png"
    path.write_bytes(content)
    assert np.abs(np.asarray(read_rgb(path)) - expected).max() <= far


def test_what_the_client_cannot_convert_without_pillow(monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL", None)
    for content in (ROTATED["EXIF 6"], IMAGES["palette BMP"]):
        with pytest.raises(InvalidArgument, match="it: .* Install Pillow"):
            values.read_encoded(content, "it")
    mask = MASKS["8 bits"]
    assert values.read_encoded(mask, "it", is_mask=True) == mask
    with pytest.raises(InvalidArgument, match="Install Pillow"):
        values.read_encoded(MASKS["16 bits"], "it", is_mask=True)


def test_arrays_of_masks_that_are_0_and_1():
    wrong = INNER.astype(np.uint8)
    for others in ({"mask": wrong}, {"instances": wrong[None]}):
        kinds = {"mask": "mask", "instances": "masks"}
        (item,), _ = items.read_items(COLOURS, others, kinds)
        with pytest.raises(InvalidArgument, match="from 0 to 1, expected 0"):
            raise item


def test_a_mask_of_the_stored_size_beside_a_rotated_image(tmp_path):
    photo, mask = tmp_path / "photo.jpg", tmp_path / "mask.png"
    photo.write_bytes(ROTATED["EXIF 6"])
    example = Example("x", Encoded.of_file(photo), Encoded.of_file(mask))
    mask.write_bytes(encoded(FULL))
    _, bad, _ = check_examples([example], keep_content=False)
    assert bad[0][0] == str(mask) and "lies on its side" in bad[0][1]
    with pytest.raises(UserError, match="lies on its side"):
        read_beside({"mask": mask}, *FULL.shape[::-1])
    with pytest.raises(QueryError, match="lies on its side"):
        read_edited(edited(mask), photo)
    # The same pixels as an editor saves them: as the photograph is shown.
    mask.write_bytes(encoded(np.rot90(FULL, -1)))
    [read] = loaded([example], keep_content=True, region=True)
    np.testing.assert_array_equal(read["region"][..., 0], np.rot90(INNER, -1))
    # And with a tag of its own.
    exif = Image.Exif()
    exif[0x0112] = 6
    mask.write_bytes(encoded(FULL, exif=exif))
    [read] = loaded([example], keep_content=False, region=True)
    np.testing.assert_array_equal(read["region"][..., 0], np.rot90(INNER, -1))


def test_16_bits_that_become_black(tmp_path):
    path = tmp_path / "x.png"
    path.write_bytes(encoded(SHADES.astype(np.uint16)))
    with pytest.raises(UserError, match="next to black in the upper 8"):
        read_files(path)
