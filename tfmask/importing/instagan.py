"""Where the layers of InstaGAN's own code (sangwoomo/instagan) are in ours."""

import functools

import numpy as np

from tfmask.importing import torch_layers
from tfmask.importing.layouts import Layer, Layout, count_of, shape_of

_CODE = "of InstaGAN's code"
_OBJECTS = 2  # the comparison with the original gets so many beside an image
# A layer with spectral normalisation. The code has its own module for it.
_SPECTRAL = {"weight_bar": "kernel", "bias": "bias", "weight_u": "vector"}


def generator(state):
    """`Layout` of a ResnetSetGenerator.

    Raises:
        UserError: the file holds another network.
    """
    kind = f"a generator {_CODE}"
    first = shape_of(state, "encoder_img.1.weight", kind)
    shape_of(state, "encoder_seg.1.weight", kind)
    blocks = count_of(state, r"encoder_img\.\d+\.conv_block\.1\.weight")
    # A dropout lies between the two convolutions of a block.
    second = 6 if "encoder_img.10.conv_block.6.weight" in state else 5
    layers = []
    for theirs, ours in (("img", "image"), ("seg", "mask")):
        encoder, path = f"encoder_{theirs}", f"{ours}_encoder"
        layers += [
            Layer(f"{encoder}.{1 + 3 * n}", f"{path}/convolutions/{n}")
            for n in range(3)
        ]
        layers += [
            Layer(
                f"{encoder}.{10 + n}.conv_block.{place}",
                f"{path}/residual_blocks/{n}/{name}",
            )
            for n in range(blocks)
            for place, name in ((1, "first"), (second, "second"))
        ]
        decoder, path = f"decoder_{theirs}", f"{ours}_decoder"
        layers += [
            Layer(f"{decoder}.{3 * n}", f"{path}/upsamplings/{n}")
            for n in range(2)
        ]
        layers.append(Layer(f"{decoder}.7", f"{path}/last"))
    options = {"filters": first[0], "blocks": blocks}
    return Layout(tuple(layers), options, original, objects)


def discriminator(state):
    """`Layout` of an NLayerSetDiscriminator.

    Raises:
        UserError: the file holds another network.
    """
    key = "feature_img.0.module.weight_bar"
    first = shape_of(state, key, f"a discriminator {_CODE}")
    strided = count_of(state, r"feature_img\.\d+\.module\.weight_bar")

    def spectral(key, path):
        return Layer(f"{key}.module", path, names=_SPECTRAL)

    layers = [spectral("classifier.0", "mixing")]
    layers.append(spectral("classifier.3", "score"))
    for theirs, ours in (("img", "image"), ("seg", "mask")):
        layers += [
            # First convolution and leaky ReLU. After that there is a norm
            # between them.
            spectral(
                f"feature_{theirs}.{3 * n - 1 if n else 0}",
                f"{ours}_features/convolutions/{n}",
            )
            for n in range(strided)
        ]
    return Layout(
        tuple(layers),
        {"discriminator_filters": first[0], "discriminator_layers": strided},
    )


def objects(images):
    """Masks to compare with the original: [(B, 2, H, W, 1) -1 or 1]."""
    masks = np.full((len(images), _OBJECTS, *images.shape[1:3], 1), -1.0)
    side = images.shape[1]
    for number in range(_OBJECTS):
        start = side // 8 * (1 + 3 * number)
        masks[:, number, start : start + side // 3, side // 4 :] = 1.0
    return [masks.astype("float32")]


def original(state, layout, images, masks):
    """The generator with PyTorch's own operations, by `Layout`.

    Returns:
        (B, 3 + N, H, W): the image, then the masks.
    """
    import torch
    from torch.nn import functional

    keys = [layer.key for layer in layout.layers]
    blocks = layout.options["blocks"]

    convolved = functools.partial(torch_layers.convolved, state)

    def normed(values):
        return functional.instance_norm(values)

    def encoded(values, name):
        own = [key for key in keys if key.startswith(f"encoder_{name}")]
        values = normed(convolved(values, own[0], 3)).relu()
        for key in own[1:3]:
            values = normed(convolved(values, key, stride=2, padding=1)).relu()
        for n in range(blocks):
            first, second = own[3 + 2 * n : 5 + 2 * n]
            inner = normed(convolved(values, first, 1)).relu()
            values = values + normed(convolved(inner, second, 1))
        return values

    def decoded(values, name):
        for key in (f"decoder_{name}.0", f"decoder_{name}.3"):
            values = torch_layers.doubled(state, values, key)
            values = normed(values).relu()
        return convolved(values, f"decoder_{name}.7", 3).tanh()

    scene = encoded(images, "img")
    own = [encoded(mask, "seg") for mask in masks[..., 0].split(1, 1)]
    total = torch.stack(own).sum(0)
    outputs = [decoded(torch.cat([scene, total], 1), "img")]
    for each in own:
        outputs.append(decoded(torch.cat([each, scene, total], 1), "seg"))
    return torch.cat(outputs, 1)
