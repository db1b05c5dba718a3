"""The segmenter: reads photographs, so that FCN-scores can be computed."""

import tensorflow as tf

from tfmask.losses.reduce import mean_per_example
from tfmask.methods.base import TranslationMethod, source_and_target
from tfmask.methods.paired import pairs_to_show
from tfmask.methods.players import Player, Term
from tfmask.methods.segmenter import METHOD
from tfmask.networks import UNetGenerator
from tfmask.ops.change import change_map
from tfmask.ops.errors import UserError
from tfmask.ops.images import to_float


class Segmenter(TranslationMethod):
    """Makes label maps of photographs. It learns from real pairs.

    It has one direction, from the photographs to `config.label_domain`. The
    loss `cross_entropy` is the softmax cross-entropy of the true class, a mean
    over all pixels. Void pixels count as 0. The colours of the label maps give
    the true classes.

    Args:
        config: `SegmenterConfig` with a palette.
        **kwargs: see `TranslationMethod`.

    Raises:
        UserError: the config has fewer than two colours.

    Paper: none. It takes the place of the FCN-8s of the FCN-scores on
    Cityscapes (Isola et al. 2017, section 4). The FCN-8s reads other classes at
    another size. So the numbers cannot be compared.
    """

    spec = METHOD
    players = {"segmenter": Player(("segmenter",))}
    rounds = (("segmenter",),)

    def __init__(self, config, **kwargs):
        super().__init__(config, **kwargs)
        classes = len(config.palette)
        if classes < 2:
            raise UserError(
                "A segmenter needs the colours of two or more classes. Got: "
                f"{config.palette}."
            )
        self.segmenter = UNetGenerator(
            filters=config.filters,
            levels=config.levels,
            channels=classes,
            activation=None,
            normalization=config.normalization,
        )
        self.build_networks()

    @property
    def directions(self):
        source = "ab".replace(self.config.label_domain, "")
        return (f"{source}_to_{self.config.label_domain}",)

    @property
    def multiple(self):
        return 2**self.config.levels

    def compute_losses(self, batch, players=None, training=True):
        source, target = source_and_target(*self.directions)
        logits = self.segmenter(batch[source]["image"], training=training)
        classes = self._classes(batch[target]["image"])
        last = len(self.config.palette) - 1
        entropy = tf.nn.sparse_softmax_cross_entropy_with_logits(
            labels=tf.minimum(classes, last), logits=logits
        )
        entropy = tf.where(classes <= last, entropy, 0.0)
        entropy = tf.reduce_mean(mean_per_example(entropy))
        return {"segmenter": {"cross_entropy": Term(entropy, 1.0)}}

    def _classes(self, labels):
        """(B, H, W) numbers of the nearest colours. Void colours come last."""
        colours = self.config.palette + self.config.void
        colours = tf.cast(to_float(tf.constant(colours)), labels.dtype)
        # This is |x - c|^2 without |x|^2. |x|^2 is the same for every colour.
        distances = tf.reduce_sum(colours**2, axis=-1) - 2.0 * tf.matmul(
            labels, colours, transpose_b=True
        )
        return tf.argmin(distances, axis=-1, output_type=tf.int32)

    def translate(self, inputs, direction=None):
        """The most likely class of every pixel, as its colour.

        Args:
            inputs: dict with `image` (B, H, W, 3) float in [-1, 1].
            direction: the only one of `directions`.

        Returns:
            dict with `image` (B, H, W, 3) float32 in [-1, 1] and `mask`
            (B, H, W, 1) float32 in [0, 1], the normalised change.
        """
        image = inputs["image"]
        classes = tf.argmax(self.segmenter(image), axis=-1)
        labels = tf.gather(to_float(tf.constant(self.config.palette)), classes)
        return {"image": labels, "mask": change_map(image, labels)}

    def images_to_show(self, batch):
        """Photograph, label map as found, and label map as it should be."""
        return pairs_to_show(self, batch)
