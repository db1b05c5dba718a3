"""Evaluation on pairs: numbers known by hand."""

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from data_pipelines import open_data
from tfmask.ops.errors import UserError
from trainers.evaluate_pairs import evaluate_pairs
from trainers.gallery import Gallery

LEVELS = (40, 80, 120)  # of a; b is 255 minus that, but for a square


class Negative:
    """Gives the negative of an image."""

    translate_inputs = ("image",)
    directions = ("a_to_b", "b_to_a")
    factor = -1.0

    def translate(self, inputs, direction):
        image = inputs["image"]
        mask = tf.zeros_like(image[..., :1])
        return {"image": self.factor * image, "mask": mask}


@pytest.fixture
def data(tmp_path):
    for number, level in enumerate(LEVELS):
        first = np.full((16, 16, 3), level, np.uint8)
        second = 255 - first
        if number == 0:  # 16 of 256 pixels are off by 102 of 255: 0.8
            second[:4, :4] -= 102
        for name, pixels in (("A", first), ("B", second)):
            folder = tmp_path / "test" / name
            folder.mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels).save(folder / f"{number}.png")
    return open_data(tmp_path, 16, splits=("test",))


def test_numbers_of_a_known_method(data, tmp_path):
    seen = []
    gallery = Gallery(tmp_path / "page", "pairs")
    result = evaluate_pairs(
        Negative(), data, batch_size=2, gallery=gallery, advance=seen.append
    )
    assert result["n"] == {"a_to_b": 3, "b_to_a": 3}
    assert seen == [2, 1, 2, 1]
    for direction in ("a_to_b", "b_to_a"):
        rows = result["directions"][direction]
        assert list(rows) == ["model", "identity"]
        row = rows["model"]
        error = 0.8 * 16 / 256 / 3  # mean over three images
        assert row["target_l1"] == pytest.approx(error, abs=1e-6)
        # Range 2: 10 log10(4 / mse).
        assert row["target_psnr"] == pytest.approx(
            10 * np.log10(4 / (0.8 * error)), abs=1e-3
        )
        assert row["target_ssim"] < 1.0
        distance = np.mean([abs(255 - 2 * level) / 127.5 for level in LEVELS])
        # The square of the first pair is nearer to the input.
        distance -= (175 - 73) / 127.5 * 16 / 256 / 3
        assert rows["identity"]["target_l1"] == pytest.approx(
            distance, abs=1e-6
        )
    page = gallery.write().read_text()
    assert "true partner" in page and "b to a: 3 of 3 images" in page


def test_only_the_methods_own_directions(data):
    method = Negative()
    method.directions = ("b_to_a",)
    result = evaluate_pairs(method, data, limit=2)
    assert result["n"] == {"b_to_a": 2} and list(result["directions"]) == [
        "b_to_a"
    ]
    # The first pair, and one without an error.
    row = result["directions"]["b_to_a"]["model"]
    assert row["target_l1"] == pytest.approx(0.8 * 16 / 256 / 2, abs=1e-6)


def test_broken_weights_are_told(data):
    method = Negative()
    method.factor = float("nan")
    with pytest.raises(UserError, match="NaN"):
        evaluate_pairs(method, data)
