"""The attributes' judge: it learns, shrinks, and tells what is there."""

import numpy as np
import pytest
from attribute_parts import parts_data

from tfmask.evaluation import attribute_classifier
from tfmask.evaluation.attribute_classifier import AttributeClassifier


@pytest.mark.slow
def test_it_learns_attributes(monkeypatch):
    # It is sure enough long before it stops learning.
    monkeypatch.setattr(attribute_classifier, "ENOUGH", 0.05)
    data = parts_data(train=128)
    classifier = AttributeClassifier(3)
    classifier.train(
        data.test_batches(split="train", batch_size=50).as_numpy_iterator()
    )
    (batch,) = data.test_batches(batch_size=99).as_numpy_iterator()
    seen = classifier.seen_in(batch["image"])
    assert seen.dtype == bool
    np.testing.assert_array_equal(seen, batch["attributes"] > 0.5)


@pytest.mark.medium
def test_it_ends_when_there_is_nothing_left_to_learn(monkeypatch):
    epochs = []
    fit = attribute_classifier.keras.Sequential.fit

    def counted(self, *args, **kwargs):
        history = fit(self, *args, **kwargs)
        epochs.append((kwargs["epochs"], len(history.history["loss"])))
        return history

    monkeypatch.setattr(attribute_classifier.keras.Sequential, "fit", counted)
    images = np.ones((4, 8, 8, 3), np.float32)
    images[2:] = -1.0
    attributes = (images[:, 0, 0, :1] > 0).astype(np.float32)
    AttributeClassifier(1).train([{"image": images, "attributes": attributes}])
    ((allowed, taken),) = epochs
    assert allowed == attribute_classifier.STEPS and taken < allowed / 2


def test_large_images_are_shrunk_by_area():
    image = np.zeros((1, 128, 128, 3), np.float32)
    image[:, ::2] = 1.0
    pixels = attribute_classifier._pixels(image)
    assert pixels.shape == (1, 64, 64, 3) and pixels.dtype == np.uint8
    assert set(np.unique(pixels)) == {191}  # 0.5
