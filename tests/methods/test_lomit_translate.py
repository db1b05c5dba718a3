"""LOMIT's inference: exchange, masks of the caller, independence."""

import numpy as np
import pytest
import tensorflow as tf
from tiny_lomit import SIDE, inputs_of, lomit, pairs

LEVEL = SIDE // 4


def changed(inputs, **others):
    return {**inputs, **{k: tf.constant(v) for k, v in others.items()}}


def hard_mask(columns):
    mask = np.zeros((2, LEVEL, LEVEL, 1), np.float32)
    mask[:, :, columns] = 1.0
    return mask


def test_the_exemplar_changes_the_mask():
    method = lomit(compiled=False)
    inputs = inputs_of(pairs())
    one = method.predict_masks(inputs)["mask"]
    other = method.predict_masks(
        changed(inputs, exemplar=-inputs["exemplar"].numpy())
    )["mask"]
    assert np.abs(one - other).max() > 1e-6


def test_an_image_with_itself_has_one_mask():
    method = lomit(compiled=False)
    image = pairs()["a"]["image"]
    masks = method.predict_masks({"image": image, "exemplar": image})
    content = method.content_encoder(image)
    np.testing.assert_array_equal(masks["mask"], masks["exemplar_mask"])
    np.testing.assert_allclose(
        masks["mask"], method.masks_of(content, content), atol=1e-6
    )


def test_sizes_ranges_and_names():
    translation = lomit(compiled=False).translate(inputs_of(pairs()))
    assert set(translation) == {"image", "mask", "exemplar_mask"}
    assert translation["image"].shape == (2, SIDE, SIDE, 3)
    for name in ("mask", "exemplar_mask"):
        assert translation[name].shape == (2, SIDE, SIDE, 1)
        assert 0 <= np.min(translation[name]) <= np.max(translation[name]) <= 1


def test_predicted_masks_given_back_reproduce_the_translation():
    method = lomit(compiled=False)
    inputs = inputs_of(pairs())
    expected = method.translate(inputs)
    got = method.translate({**inputs, **method.predict_masks(inputs)})
    for name, values in expected.items():
        np.testing.assert_array_equal(got[name], values)


def test_full_resolution_masks_are_averaged_by_area():
    method = lomit(compiled=False)
    inputs = inputs_of(pairs())
    rng = np.random.default_rng(0)
    fine = rng.uniform(size=(2, SIDE, SIDE, 1)).astype("float32")
    coarse = fine.reshape(2, LEVEL, 4, LEVEL, 4, 1).mean((2, 4))
    one = method.translate(changed(inputs, mask=fine, exemplar_mask=fine))
    other = method.translate(changed(inputs, mask=coarse, exemplar_mask=coarse))
    for name in one:
        np.testing.assert_allclose(one[name], other[name], atol=1e-4)


def test_masks_are_clipped():
    method = lomit(compiled=False)
    inputs = inputs_of(pairs())
    wild = hard_mask(slice(0, 3)) * 5.0 - 1.0
    translation = method.translate(
        changed(inputs, mask=wild, exemplar_mask=wild)
    )
    assert (
        np.min(translation["mask"]) == 0.0
        and np.max(translation["mask"]) == 1.0
    )


def test_one_mask_alone_can_be_given():
    method = lomit(compiled=False)
    inputs = inputs_of(pairs())
    original = method.translate(inputs)
    translation = method.translate(changed(inputs, mask=hard_mask(slice(0, 4))))
    np.testing.assert_array_equal(
        translation["exemplar_mask"], original["exemplar_mask"]
    )
    assert np.abs(translation["mask"] - original["mask"]).max() > 0.1


def test_an_erased_mask_makes_the_exemplar_irrelevant():
    method = lomit(compiled=False)
    inputs = inputs_of(pairs())
    masks = {
        "mask": hard_mask(slice(0, 0)),
        "exemplar_mask": hard_mask(slice(0, 5)),
    }
    one = method.translate(changed(inputs, **masks))
    other = method.translate(
        changed(inputs, exemplar=-inputs["exemplar"].numpy(), **masks)
    )
    np.testing.assert_array_equal(one["image"], other["image"])
    full = {**masks, "mask": hard_mask(slice(0, 5))}
    third = method.translate(changed(inputs, **full))
    assert np.abs(third["image"] - one["image"]).max() > 1e-3


def test_styles_do_not_see_what_the_masks_hide():
    """More than four pixels away from a hard mask's edge."""
    method = lomit(compiled=False)
    image = pairs()["a"]["image"].numpy()
    mask = hard_mask(slice(0, 4))  # columns 0 to 15
    left, right = image.copy(), image.copy()
    left[:, :, :12] *= -1
    right[:, :, 20:] *= -1
    foreground, background = method.styles_of(tf.constant(image), mask)
    seen_left = method.styles_of(tf.constant(left), mask)
    seen_right = method.styles_of(tf.constant(right), mask)
    np.testing.assert_array_equal(seen_right[0], foreground)
    np.testing.assert_array_equal(seen_left[1], background)
    assert np.abs(seen_left[0] - foreground).max() > 1e-4
    assert np.abs(seen_right[1] - background).max() > 1e-4


def test_pairs_of_a_batch_do_not_mix():
    method = lomit(compiled=False)
    inputs = inputs_of(pairs())
    together = method.translate(inputs)
    alone = method.translate({k: v[1:] for k, v in inputs.items()})
    np.testing.assert_allclose(together["image"][1:], alone["image"], atol=1e-4)


@pytest.mark.parametrize("size", [(48, 32), (16, 64)])
def test_other_sizes_and_exemplars_of_their_own_size(size):
    method = lomit(compiled=False)
    rng = np.random.default_rng(0)
    image = rng.uniform(-1, 1, (1, *size, 3)).astype("float32")
    exemplar = rng.uniform(-1, 1, (1, 32, 32, 3)).astype("float32")
    translation = method.translate({"image": image, "exemplar": exemplar})
    assert translation["image"].shape == image.shape
    assert translation["mask"].shape == (1, *size, 1)
    assert translation["exemplar_mask"].shape == (1, 32, 32, 1)


def test_pictures_of_a_grid():
    shown = lomit(compiled=False).images_to_show(pairs())
    names = ["real_a", "mask_a", "exemplar_b", "mask_b", "fake_b"]
    assert list(shown) == names
