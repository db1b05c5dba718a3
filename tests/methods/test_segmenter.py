"""The segmenter: its loss in NumPy, void pixels, and that it learns."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from data_pipelines import open_data, paired_scenes
from tfmask.methods.segmenter.config import SegmenterConfig
from tfmask.methods.segmenter.method import Segmenter
from tfmask.metrics import nearest_classes
from tfmask.ops.errors import UserError

PALETTE = ((0, 0, 255), (0, 255, 0), (200, 0, 0), (255, 0, 0))
VOID = ((0, 0, 0), (90, 90, 90))
RNG = np.random.default_rng(0)


def segmenter(side=16, optimizer=None, **options):
    options = {"palette": PALETTE, "void": VOID, **options}
    config = SegmenterConfig(filters=4, levels=2, **options)
    method = Segmenter(config, image_size=(side, side))
    method.compile(lambda player: optimizer or keras.optimizers.SGD(0.1))
    return method


def pair(domain="b", classes=None):
    """Random photographs, label maps of the classes; 4 and 5 are void."""
    other = "ab".replace(domain, "")
    if classes is None:
        classes = RNG.integers(0, 6, (2, 16, 16))
    colours = np.array(PALETTE + VOID)[classes]
    labels = (colours / 127.5 - 1.0).astype("float32")
    image = RNG.uniform(-1, 1, labels.shape).astype("float32")
    return classes, {other: {"image": image}, domain: {"image": labels}}


@pytest.mark.parametrize("domain", ["a", "b"])
def test_the_loss_is_cross_entropy_without_void(domain):
    method = segmenter(label_domain=domain)
    other = "ab".replace(domain, "")
    assert method.directions == (f"{other}_to_{domain}",)
    classes, batch = pair(domain)
    logits = method.segmenter(batch[other]["image"]).numpy().astype("float64")
    log = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    known = classes < len(PALETTE)
    true = np.take_along_axis(log, np.where(known, classes, 0)[..., None], -1)
    expected = -(true[..., 0] * known).mean()
    (terms,) = method.compute_losses(batch).values()
    np.testing.assert_allclose(
        terms["cross_entropy"].value, expected, rtol=1e-5
    )


def test_void_teaches_nothing():
    method = segmenter()
    _, batch = pair(classes=np.full((2, 16, 16), 5))
    before = method.segmenter.get_weights()
    method.train_step(batch)
    after = method.segmenter.get_weights()
    for old, new in zip(before, after, strict=True):
        np.testing.assert_array_equal(old, new)


def test_a_translation_has_the_colours_of_the_likeliest_classes():
    method = segmenter()
    image = RNG.uniform(-1, 1, (2, 16, 24, 3)).astype("float32")
    translation = method.translate({"image": image})
    assert translation["mask"].shape == (2, 16, 24, 1)
    colours = np.rint((translation["image"].numpy() + 1) * 127.5).astype(int)
    likeliest = method.segmenter(image).numpy().argmax(-1)
    np.testing.assert_array_equal(colours, np.array(PALETTE)[likeliest])
    np.testing.assert_array_equal(
        nearest_classes(translation["image"], PALETTE), likeliest
    )


@pytest.mark.medium
def test_it_learns_the_synthetic_pairs():
    data = open_data("synthetic:paired", 16, synthetic_count=(8, 1))
    method = segmenter(
        optimizer=keras.optimizers.Adam(0.02),
        palette=paired_scenes.PALETTE.colours,
        void=(),
    )
    step = tf.function(method.train_step, autograph=False)
    losses = []
    for batch in data.train_batches(8, seed=0, pairing="together").take(25):
        method.reset_metrics()
        (loss,) = step(batch).values()
        losses.append(float(loss))
    assert losses[-1] < 0.6 * losses[0]
    assert int(method.step) == 25


def test_a_palette_is_needed():
    with pytest.raises(UserError, match=r"two or more classes. Got: \(\)"):
        segmenter(palette=())
