"""Grad-CAM (Selvaraju et al. 2017): where a classifier sees attributes.

The maps are differentiable. So they can be a part of a loss, see
`tfmask.losses.cam_consistency`.
"""

import numpy as np
import tensorflow as tf

from tfmask.ops.errors import unknown_name
from tfmask.ops.precision import exact, mean_over
from tfmask.ops.soft_masks import min_max

MERGES = ("max", "sum_logits")
# If no layer is chosen, the explained map has about this side.
MAP_SIDE = 16


def cam_signs(attributes, changed):
    """Which logits are asked for, and for evidence of which value.

    Args:
        attributes: (B, K) float 0/1, the attributes of the image.
        changed: (B, K) float 0/1, the attributes that an edit changes.

    Returns:
        (B, K) float32. 1 asks for z. -1 asks for -z if the attribute is 0. So
        both ask for evidence of the value that the image has. 0 asks for
        nothing.
    """
    attributes = exact(attributes)
    changed = tf.cast(changed, attributes.dtype)
    return changed * (2.0 * attributes - 1.0)


def grad_cam(features, logits, signs, *, merge="max"):
    """Grad-CAM maps of signed logits.

    `alpha_k = mean_ij d s_a / d A_k[i, j]` and `L_a = ReLU(sum_k alpha_k
    A_k)` with the score `s_a = sign_a * z_a`. The maps are differentiable with
    respect to the weights below the features. Through alpha (a second order)
    they are also differentiable with respect to the weights above. An example
    must not influence the logits of others (no batch normalisation). Then the
    slopes of the sum over the batch are the slopes of each example.

    Args:
        features: (B, h, w, C) float, A.
        logits: function of such features. It returns (B, K), z.
        signs: (B, K) float, see `cam_signs`; 0 makes an empty map.
        merge: "max" keeps one map for each attribute. "sum_logits" makes one
            map of the sum of all scores. It needs one backward pass instead of
            K.

    Returns:
        (B, h, w, K) float32 (float64 for float64 features), 0 or more. K is 1
        for "sum_logits".

    Raises:
        UserError: `merge` is unknown.

    Paper: Selvaraju et al. 2017, Eq. (1) and (2); Kim, Khan, Choo 2021 (in
    words only).
    Differs from Grad-CAM: the signs.

    Examples:
        >>> features = np.full((1, 2, 2, 1), 3.0, "float32")
        >>> total = lambda x: tf.reduce_sum(x, axis=(1, 2))
        >>> grad_cam(features, total, np.ones((1, 1)))[0, 0, 0].numpy()
        array([3.], dtype=float32)
    """
    if merge not in MERGES:
        raise unknown_name("merge", merge, MERGES)
    features = tf.convert_to_tensor(features)
    activation = exact(features)
    signs = tf.cast(signs, activation.dtype)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(activation)
        scores = exact(logits(tf.cast(activation, features.dtype)))
        columns = tf.unstack(scores, axis=1)
    if merge == "sum_logits":
        slopes = [tape.gradient(scores, activation, signs)]
    else:
        slopes = [
            tape.gradient(column, activation, sign)
            for column, sign in zip(
                columns, tf.unstack(signs, axis=1), strict=True
            )
        ]
    alpha = tf.stack([mean_over(s, (2, 1)) for s in slopes], axis=2)
    maps = tf.einsum("bhwc,bck->bhwk", activation, alpha)
    return tf.nn.relu(maps)


def enlarged_maps(maps, height, width):
    """Bilinear, between pixel centres: (B, h, w, K) to (B, H, W, K).

    It has the values of `tf.image.resize`, but `tf.image.resize` does not know
    float64.
    """
    rows = tf.constant(_weights(maps.shape[1], height), maps.dtype)
    columns = tf.constant(_weights(maps.shape[2], width), maps.dtype)
    return tf.einsum("Hh,Ww,bhwk->bHWk", rows, columns, maps)


def _weights(small, large):
    """(large, small) array: the share of each old pixel in each new one."""
    centres = (np.arange(large) + 0.5) * small / large - 0.5
    centres = np.clip(centres, 0, small - 1)[:, None]
    return np.maximum(0.0, 1.0 - np.abs(centres - np.arange(small)))


def cam_mask(maps, height, width):
    """Where an edit may change an image: the largest of all maps.

    Args:
        maps: (B, h, w, K) float of `grad_cam`. If the images before and after
            the edit both count, their maps are side by side.
        height: int, height of the images.
        width: int, width of the images.

    Returns:
        (B, height, width, 1) in [0, 1]. It is 0 for an example without changed
        attributes.
    """
    shares = enlarged_maps(min_max(maps), height, width)
    return tf.reduce_max(shares, axis=-1, keepdims=True)


def empty_maps(maps, signs):
    """The share of the asked-for maps that are 0 everywhere.

    Args:
        maps: (B, h, w, K) of `grad_cam`.
        signs: (B, K), or any (B, J) if the maps are sums (K is 1).

    Returns:
        Scalar float32 in [0, 1]; 0 if no map was asked for.
    """
    signed = tf.cast(tf.not_equal(signs, 0), tf.float32)
    if maps.shape[-1] != signed.shape[-1]:
        signed = tf.reduce_max(signed, axis=1, keepdims=True)
    empty = tf.reduce_all(tf.equal(maps, 0), axis=(1, 2))
    return tf.math.divide_no_nan(
        tf.reduce_sum(signed * tf.cast(empty, tf.float32)),
        tf.reduce_sum(signed),
    )


def map_layer(side, layers):
    """The layer of a strided trunk whose map is about `MAP_SIDE` wide.

    Args:
        side: int, side of the images.
        layers: int, how many layers there are. Every layer halves the size.

    Returns:
        int from 1 to `layers`.
    """
    return min(max(1, (side // MAP_SIDE).bit_length() - 1), layers)


def attended(discriminator, layer, explained, changed, merge="max"):
    """Where a discriminator sees the changed attributes of an edit.

    Args:
        discriminator: network with `features` and `heads`, as in
            `AttributeDiscriminator`.
        layer: int, layers of its trunk below the Grad-CAM.
        explained: list of (images (B, H, W, 3), attributes (B, K) 0/1): images
            before or after the edit, or both, and their attributes.
        changed: (B, K) float 0/1, the attributes that the edit changes.
        merge: see `grad_cam`.

    Returns:
        mask: (B, H, W, 1) float32 in [0, 1]; it has gradients.
        empty: scalar float32, the share of maps that are 0 everywhere.
    """
    images = tf.concat([image for image, _ in explained], axis=0)
    signs = tf.concat(
        [cam_signs(attributes, changed) for _, attributes in explained],
        axis=0,
    )
    maps = grad_cam(
        discriminator.features(images, last=layer),
        lambda features: (
            discriminator.heads(discriminator.features(features, layer)).logits
        ),
        signs,
        merge=merge,
    )
    mask = cam_mask(
        tf.concat(tf.split(maps, len(explained)), axis=-1),
        *images.shape[1:3],
    )
    return mask, empty_maps(maps, signs)
