"""The attention map that every training image had when it was last seen."""

import tensorflow as tf

from tfmask.ops.distribution import gather_replicas


class AttentionMemory(tf.Module):
    """One small map for each image of a data set, and its window.

    A record holds three things: the map, a flag that says if there is a map,
    and the `window` of the image that the map was computed for. The map has the
    size that the discriminator gives. It is float32, so reading returns the
    written values bit by bit. The size of a record does not depend on the size
    of the images.

    Under a distribution strategy, every replica writes the records of the whole
    global batch into its own copy. So all copies are equal. An image may come
    back on another replica. N replicas give the same result as one device.

    Args:
        count: int, number of images.
        size: (h, w) of the maps.
        name: str.

    Paper: GuideGAN, Eq. (1), "the attention of the previous visit".
    Differs from the paper: crops and flips are drawn anew at each visit. The
    paper does not say how an old map fits to them. `realigned` does that here.
    """

    def __init__(self, count, size, *, name):
        super().__init__(name=name)
        self.count = count
        self.size = tuple(size)
        self.maps = tf.Variable(
            tf.zeros([count, *size]), trainable=False, name="maps"
        )
        # These are seen (0 or 1), then the window. They are no integers,
        # because GPUs lack kernels for those.
        self.views = tf.Variable(
            tf.zeros([count, 4]), trainable=False, name="views"
        )

    def __str__(self):
        size = "x".join(map(str, self.size))
        numbers = sum(
            variable.shape.num_elements() for variable in self.variables
        )
        mib = 4 * numbers / 2**20
        return f"{self.count} maps of {size}, {mib:.1f} MiB"

    def read(self, index, window, image_size, *, align=True):
        """The maps of images, as seen from their present windows.

        Args:
            index: (B,) integer, below `count`.
            window: (B, 3) integer of `data_pipelines`.
            image_size: (H, W) of the images. Windows count in these pixels.
            align: bool; False returns the maps as they were.

        Returns:
            (B, H, W, 1) float32 in [0, 1], resized bilinearly. An image that
            was never seen has ones.

        Raises:
            tf.errors.InvalidArgumentError: an index is out of range.
        """
        index = self._checked(index)
        views = tf.gather(self.views, index)
        maps = tf.gather(self.maps, index)[..., None]
        maps = tf.image.resize(maps, image_size, "bilinear")
        if align:
            maps = realigned(maps, views[:, 1:], window)
        was_written = views[:, :1, None, None] > 0
        return tf.where(was_written, maps, tf.ones_like(maps))

    def write(self, index, window, maps):
        """Remembers maps. Of an image twice in a batch the last one stays.

        Args:
            index: (B,) integer, below `count`.
            window: (B, 3) integer, windows of the images of the maps.
            maps: (B, h, w, 1) float.

        Raises:
            tf.errors.InvalidArgumentError: an index is out of range.
        """
        index = self._checked(index)
        # All is in one tensor, so replicas exchange once. Floats hold an index
        # up to 2^24.
        parts = [index[:, None], tf.ones_like(index)[:, None], window]
        parts = [tf.cast(part, tf.float32) for part in parts]
        flat = tf.reshape(maps, [-1, self.size[0] * self.size[1]])
        records = tf.concat([*parts, tf.cast(flat, tf.float32)], axis=1)
        records = gather_replicas(records)
        index = tf.cast(records[:, 0], tf.int64)
        # All records of one image become its last one, because the order of the
        # writes is not defined.
        same = index[:, None] == index[None, :]
        place = tf.range(tf.shape(index)[0])
        last = tf.reduce_max(tf.where(same, place, -1), axis=1)
        records = tf.gather(records, last)
        maps = tf.reshape(records[:, 5:], [-1, *self.size])
        self.views.scatter_update(tf.IndexedSlices(records[:, 1:5], index))
        self.maps.scatter_update(tf.IndexedSlices(maps, index))

    def _checked(self, index):
        """The index as int64, after a look whether it has a record."""
        index = tf.cast(index, tf.int64)
        guard = tf.debugging.Assert(
            tf.reduce_all((index >= 0) & (index < self.count)),
            [
                f"`index` must be that of one of the {self.count} images that "
                "the attention memory was made for. Got:",
                index,
            ],
        )
        with tf.control_dependencies([guard]):
            return tf.identity(index)


def realigned(maps, before, after):
    """Maps of one window of an image, seen from another window of it.

    A window cuts (H, W) pixels at (top, left) and then mirrors them. The map is
    first mirrored back. Then it is shifted by the difference of the windows.
    Its edges are repeated if the new window reaches beyond the old one. At last
    it is mirrored as the new window is.

    Args:
        maps: (B, H, W, 1), in the size of the windows.
        before: (B, 3) top, left, mirrored (0 or 1) of the maps' windows.
        after: (B, 3) of the wanted windows.

    Returns:
        (B, H, W, 1). The values do not change if the windows are equal.
    """
    height, width = maps.shape[1:3]
    before, after = tf.cast(before, tf.int32), tf.cast(after, tf.int32)
    down, right = tf.unstack((after - before)[:, :2, None], axis=1)

    def mirrored(columns, window):
        return tf.where(window[:, 2:] > 0, width - 1 - columns, columns)

    rows = tf.clip_by_value(tf.range(height) + down, 0, height - 1)
    columns = mirrored(tf.range(width)[None], after) + right
    columns = mirrored(tf.clip_by_value(columns, 0, width - 1), before)
    maps = tf.gather(maps, rows, axis=1, batch_dims=1)
    return tf.gather(maps, columns, axis=2, batch_dims=1)
