"""InstaGAN's inference: any number of instances, some at a time."""

import tensorflow as tf

from tfmask.ops import instances as sets


def translate_in_sequence(generator, image, masks, per_step):
    """Translates an image and its instances, the largest ones first.

    Every sub-step translates the next instances in the image of the sub-step
    before. An example without further instances does not change.

    Args:
        generator: `InstanceGenerator`, or a function of its inputs.
        image: (B, H, W, 3) float in [-1, 1].
        masks: (B, N, H, W, 1) float in [-1, 1]; N may be 0. A slot of -1
            everywhere is empty.
        per_step: int, instances of a sub-step. 0: all at once.

    Returns:
        image: (B, H, W, 3) float in [-1, 1].
        masks: (B, N, H, W, 1) float in [-1, 1], in the order of the input.

    Paper: Mo, Cho, Shin 2019, section 2.3.
    Differs from the paper: no. From the official code: the order of the input
    is restored. A rest of fewer than `per_step` instances is also translated.
    Without instances, nothing is translated.
    """
    count = tf.shape(masks)[1]
    per_step = tf.maximum(per_step if per_step else count, 1)
    steps = tf.maximum(-(-count // per_step), 1)
    masks = sets.with_slots(masks, steps * per_step)
    order = sets.order_by_area(masks)
    masks = tf.gather(masks, order, batch_dims=1)
    valid = sets.occupied(masks)
    most = tf.reduce_max(sets.count(masks))

    def substep(number, image, outlines):
        first, end = number * per_step, (number + 1) * per_step
        part, real = masks[:, first:end], valid[:, first:end]
        new, translated_masks = generator(image, part, real)
        translated_masks = tf.where(
            real[:, :, None, None, None], translated_masks, sets.EMPTY
        )
        image = sets.choose(tf.reduce_any(real, axis=1), new, image)
        return number + 1, image, sets.put(outlines, translated_masks, first)

    _, translated, outlines = tf.while_loop(
        lambda number, *_: number * per_step < most,
        substep,
        (0, image, masks),
        shape_invariants=(
            tf.TensorShape([]),
            tf.TensorShape([None, None, None, 3]),
            tf.TensorShape([None, None, None, None, 1]),
        ),
    )
    back = tf.argsort(order, axis=1)
    outlines = tf.gather(outlines, back, batch_dims=1)[:, :count]
    return tf.ensure_shape(translated, image.shape), outlines
