"""Average pooling that does not count the border."""

import tensorflow as tf

from tfmask.layers.padding import zero_pad

_SIDES = [1, 1]


def average_pool(images):
    """Means of 3x3 windows at every second pixel; outside counts for none.

    It is PyTorch's
    `AvgPool2d(3, stride=2, padding=1, count_include_pad=False)`. The windows
    have their centres at pixels 0, 2, 4, ... A window at the border takes the
    mean of the pixels inside the image. TensorFlow's "SAME" shifts the windows
    by one pixel on sides of even length.

    Args:
        images: (B, H, W, C) float.

    Returns:
        (B, ceil(H / 2), ceil(W / 2), C) of the images' dtype.

    Examples:
        >>> average_pool(tf.reshape(tf.range(4.0), [1, 2, 2, 1])).numpy()
        array([[[[1.5]]]], dtype=float32)
    """
    sums = _padded_pool(images)
    return sums / _padded_pool(tf.ones_like(images[:1, ..., :1]))


def _padded_pool(images):
    padded = zero_pad(images, [[0, 0], _SIDES, _SIDES, [0, 0]])
    return tf.nn.avg_pool2d(padded, 3, 2, "VALID")
