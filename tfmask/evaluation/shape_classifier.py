"""A small network that tells the shapes of two domains apart.

It judges translated masks. If a method changes shapes, there is no true mask to
compare with. But its masks should look like masks of the target domain.
"""

import keras
import numpy as np
from PIL import Image

SIDE = 32  # pixels of a crop; the instance fills the crop
_MARGIN = 1.15
_EPOCHS = 12
_SEED = 0


def mask_crops(instances):
    """Every instance of a batch, cut out and brought to one size.

    Args:
        instances: (B, N, H, W, 1) float in [0, 1]; 0.5 is inside. Slots
            without such a pixel are left out.

    Returns:
        (n, 32, 32, 1) float32 0/1.
    """
    crops = []
    for mask in np.asarray(instances).reshape(-1, *instances.shape[2:4]) > 0.5:
        rows, columns = np.nonzero(mask)
        if not len(rows):
            continue
        centre = [(axis.min() + axis.max() + 1) / 2 for axis in (columns, rows)]
        reach = max(np.ptp(rows) + 1, np.ptp(columns) + 1) * _MARGIN / 2
        box = [c - reach for c in centre] + [c + reach for c in centre]
        picture = Image.fromarray(mask.astype(np.uint8) * 255)
        # For `transform`, pixels outside of the picture are black.
        scale = 2 * reach / SIDE
        crop = picture.transform(
            (SIDE, SIDE),
            Image.Transform.AFFINE,
            (scale, 0, box[0], 0, scale, box[1]),
            Image.Resampling.BILINEAR,
        )
        crops.append(np.asarray(crop) > 127)
    shape = (len(crops), SIDE, SIDE, 1)
    return np.reshape(np.array(crops, np.float32), shape)


class ShapeClassifier:
    """Which domain a mask's outline belongs to."""

    def __init__(self):
        keras.utils.set_random_seed(_SEED)
        strided = {"strides": 2, "padding": "same", "activation": "relu"}
        self._network = keras.Sequential(
            [
                keras.layers.Conv2D(16, 3, **strided),
                keras.layers.Conv2D(32, 3, **strided),
                keras.layers.Conv2D(64, 3, **strided),
                keras.layers.GlobalAveragePooling2D(),
                keras.layers.Dense(1),
            ]
        )
        self._network.compile(
            keras.optimizers.Adam(2e-3),
            keras.losses.BinaryCrossentropy(from_logits=True),
        )

    def train(self, crops_a, crops_b):
        """Learns from true masks; both domains weigh the same.

        Args:
            crops_a: (n, 32, 32, 1) float32, crops of `mask_crops`.
            crops_b: (m, 32, 32, 1) float32.
        """
        count = max(len(crops_a), len(crops_b))
        crops = np.concatenate(
            [
                crops[np.arange(count) % len(crops)]
                for crops in (crops_a, crops_b)
            ]
        )
        labels = np.repeat([0.0, 1.0], count).astype(np.float32)[:, None]
        self._network.fit(
            crops, labels, batch_size=64, epochs=_EPOCHS, verbose=0
        )

    def takes_for(self, crops, domain):
        """(n,) bool, whether crops (n, 32, 32, 1) are taken for a domain's."""
        if not len(crops):
            return np.zeros(0, bool)
        is_b = self._network.predict(crops, verbose=0)[:, 0] > 0
        return is_b == (domain == "b")

    def share_of(self, crops, domain):
        """Share of the crops that are taken for a domain's.

        Args:
            crops: (n, 32, 32, 1) float32, crops of `mask_crops`.
            domain: "a" or "b".

        Returns:
            float in [0, 1]; NaN if there are no crops.
        """
        votes = self.takes_for(crops, domain)
        return float(votes.mean()) if len(votes) else float("nan")
