"""The masks that a method makes of its own training images, for lessons."""

import concurrent.futures
import os

import keras
import numpy as np
import tensorflow as tf

from tfmask.metrics import mask_histogram, otsu_threshold
from tfmask.ops.edges import (
    SURE,
    SURE_OF_FOUND,
    middle_of_image,
    snapped_to_edges,
)
from tfmask.ops.images import to_uint8

# If the mean of the masks over all images is outside of these limits, they have
# collapsed.
COLLAPSED = (0.01, 0.9)
# The mean of an object mask in the middle is at least so many times its mean at
# the borders. Measured after 600 steps: 5 to 12 for fruits anywhere in the
# image; 0.9 and 1.1 for the street around trousers and skirts.
LEAST_IN_THE_MIDDLE = 2.0
BATCH = 16


class OwnMaskMaker(keras.callbacks.Callback):
    """Before each round of lessons, writes the masks that it learns from.

    There is one mask for every training image. It is the mean of the method's
    masks of the image and of its mirror image. It is cut at Otsu's threshold of
    the domain and moved to the edges in the image. The masks depend only on the
    weights. So a run that is resumed here makes the same masks.

    Collapsed masks teach nothing. An ellipse about the middle of the image
    takes their place, for all rounds. Masks learnt from the ellipse include
    more of the ground. In the next round they would include even more.

    Args:
        data: `ImageSet`.
        say: function of a line of text.
    """

    def __init__(self, data, say):
        super().__init__()
        self.data = data
        self.say = say

    def on_train_batch_begin(self, step, logs=None):
        steps = self.model.own_mask_steps
        if step not in steps:
            return
        first = step == steps[0] and not self.model.config.given_masks
        for domain in "ab":
            memory = self.model.memories[f"own_masks_{domain}"]
            if memory.of_middle.numpy():
                self.say(f"step {step}: own masks of {domain} stay as they are")
                continue
            images, masks = self._images_and_masks(domain, memory.size)
            reason = self._reason_for_middle(masks, first)
            if reason:
                words = f"the middle of the images ({reason})"
                middle = middle_of_image(memory.size)
                masks, threshold = np.broadcast_to(middle, masks.shape), 0.5
            else:
                words = "the masks found"
                threshold = otsu_threshold(mask_histogram(masks))
            are_given = bool(self.model.config.given_masks)
            sure = SURE if reason or are_given else SURE_OF_FOUND
            own_masks = _snapped(images, masks, threshold, sure)
            memory.write(own_masks, of_middle=bool(reason))
            self.say(
                f"step {step}: own masks of {len(own_masks)} images of "
                f"{domain} from {words}, cut at {threshold:.2f}; "
                f"mean {own_masks.mean():.3f}"
            )

    def _reason_for_middle(self, masks, first):
        """Why masks (N, h, w) are not taken as they are; None if they are."""
        low, high = COLLAPSED
        mean = masks.mean()
        if not low <= mean <= high:
            return f"masks found have collapsed, their mean is {mean:.4f}"
        wanted = self.model.config.first_own_masks
        if not first or wanted == "found":
            return None
        if wanted == "middle":
            return "as the options say"
        middle = middle_of_image(masks.shape[1:]) > 0.5
        border = np.ones_like(middle)
        margins = [max(1, side // 16) for side in border.shape]
        border[tuple(slice(n, -n) for n in margins)] = False
        outside, inside = masks[:, border].mean(), masks[:, middle].mean()
        if inside > LEAST_IN_THE_MIDDLE * outside:
            return None
        return (
            f"masks found have a mean of {outside:.2f} at the borders and of "
            f"{inside:.2f} in the middle"
        )

    def _images_and_masks(self, domain, size):
        """uint8 images (N, h, w, 3) and masks (N, h, w) float32."""

        @tf.function(autograph=False)
        def look(image):
            mirrored = tf.reverse(image, [2])
            masks = self.model.attend(tf.concat([image, mirrored], 0), domain)
            mask, other = tf.split(masks, 2)
            mask = (mask + tf.reverse(other, [2])) / 2.0
            small = tf.image.resize(image, size, antialias=True)
            return to_uint8(small), tf.image.resize(mask, size)[..., 0]

        batches = self.data.test_batches(
            domain, split="train", batch_size=BATCH
        )
        parts = [look(batch["image"]) for batch in batches]
        images, masks = zip(*parts, strict=True)
        return np.concatenate(images), np.concatenate(masks)


def _snapped(images, masks, threshold, sure):
    """(N, h, w) bool: every mask at the edges of its image."""
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        snapped = pool.map(
            lambda pair: snapped_to_edges(*pair, threshold, sure),
            zip(images, masks, strict=True),
        )
        return np.stack(list(snapped))
