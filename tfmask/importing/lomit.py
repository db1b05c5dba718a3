"""Where the layers of LOMIT's own code are in ours.

The code is AnonymousIclrAuthor/Highway-Adaptive-Instance-Normalization, since 5
October 2018.
"""

import functools

import numpy as np

from tfmask.importing import torch_layers
from tfmask.importing.layouts import (
    Layer,
    Layout,
    attribute_discriminator,
    count_of,
    shape_of,
)

_CODE = "of LOMIT's code"
_SLOPE = 0.01  # of all leaky ReLUs
_HEADS = ("s_encoder.foreground", "s_encoder.background")


def generators(state):
    """`Layout` of a Generator: four networks of ours.

    Raises:
        UserError: the file holds another network.
    """
    kind = f"a generator {_CODE}"
    first = shape_of(state, "c_encoder.main.0.conv.weight", kind)
    style = shape_of(state, f"{_HEADS[0]}.3.weight", kind)
    hidden = shape_of(state, "decoder.f_mlp.main.0.fc.weight", kind)
    blocks = count_of(state, r"c_encoder\.main\.\d+\.main\.0\.conv\.weight")
    depth = count_of(state, r"mask\.main\.\d+\.norm\.weight")
    # The code makes both heads of the same layers. So a file has them twice.
    tied = all(
        np.array_equal(state[key], state.get(key.replace(*_HEADS)))
        for key in state
        if key.startswith(_HEADS[0])
    )
    layers = []
    for n in range(3):
        layers += _normed(f"c_encoder.main.{n}", "content_encoder", n)
        layers.append(
            Layer(f"s_encoder.shared.{n}.conv", f"style_encoder/trunk/{n}")
        )
    layers += _blocks("c_encoder.main", 3, "content_encoder", blocks)
    for key, name in zip(
        _HEADS, ("foreground", "foreground" if tied else "background"),
        strict=True,
    ):  # fmt: skip
        head = f"style_encoder/{name}_head"
        layers.append(Layer(f"{key}.0.conv", f"{head}/first"))
        layers.append(Layer(f"{key}.1.conv", f"{head}/second"))
        layers.append(
            Layer(
                f"{key}.3",
                f"{head}/code",
                # In their code it is a 1x1 convolution of a single pixel.
                turn=lambda array: array.reshape(array.shape[0], -1).T,
            )
        )
    for n in range(depth):
        layers += _normed(f"mask.main.{n}", "segmentation", n)
    layers.append(Layer(f"mask.main.{depth}.conv", "segmentation/last"))
    layers += [
        Layer(f"mask.co_attn.main.{n}.fc", f"segmentation/gate_{name}")
        for n, name in enumerate(("hidden", "output"))
    ]
    layers += [
        Layer(
            f"decoder.{name[0]}_mlp.main.{n}.fc",
            f"decoder/highway/{name}/{place}",
        )
        for name in ("foreground", "background")
        for n, place in enumerate(("first", "second", "last"))
    ]
    layers += _blocks("decoder.main", 0, "decoder", blocks)
    for n in range(2):
        # Layers without weights lie between: they double the size.
        key = f"decoder.main.{blocks + 1 + 2 * n}"
        layers += _normed(key, "decoder", n)
    layers.append(Layer(f"decoder.main.{blocks + 4}.conv", "decoder/last"))
    return Layout(
        tuple(layers),
        {
            "filters": first[0],
            "blocks": blocks,
            "style_size": style[0],
            "style_hidden": hidden[0],
            "mask_layers": depth,
            "tie_style_heads": tied,
            # The code never calls `eval`.
            "mask_norm": "instance",
            "adain_deviation": "rows",
        },
        original,
        exemplars,
    )


def _normed(key, network, n):
    return [
        Layer(f"{key}.conv", f"{network}/convolutions/{n}"),
        Layer(f"{key}.norm", f"{network}/norms/{n}", norm=True),
    ]


def _blocks(key, begin, network, blocks):
    layers = []
    for n in range(blocks):
        for place, name in enumerate(("first", "second")):
            block = f"{key}.{begin + n}.main.{place}"
            path = f"{network}/residual_blocks/{n}/{name}"
            layers.append(Layer(f"{block}.conv", path))
            layers.append(Layer(f"{block}.norm", f"{path}_norm", norm=True))
    return layers


def exemplars(images):
    """Exemplars to compare with the original: [(B, H, W, 3) in [-1, 1]]."""
    random = np.random.default_rng(1)
    return [random.uniform(-1.0, 1.0, images.shape).astype("float32")]


def discriminator(state):
    """`Layout` of a Discriminator.

    Raises:
        UserError: the file holds another network.
    """
    kind = f"a discriminator {_CODE}"
    return attribute_discriminator(state, kind, "main.{}.conv", "conv1.conv")


def original(state, layout, images, others):
    """The generator with PyTorch's own operations, by `Layout`.

    It translates pairs one by one, because the code normalises masks by the
    statistics of the batch.

    Args:
        state: dict of key to tensor.
        layout: `Layout` of `generators`.
        images: (B, 3, H, W) tensor.
        others: (B, H, W, 3) tensor, the exemplars.

    Returns:
        (B, 5, H, W): the translation and both masks.
    """
    import torch

    pairs = zip(
        images.split(1), others.permute(0, 3, 1, 2).split(1), strict=True
    )
    return torch.cat([_translated(state, layout, *pair) for pair in pairs])


def _translated(state, layout, image, exemplar):
    import torch
    from torch.nn import functional

    options = layout.options
    blocks, depth = options["blocks"], options["mask_layers"]
    convolved = functools.partial(torch_layers.convolved, state)
    dense = functools.partial(torch_layers.dense, state)

    def leaky(values):
        return functional.leaky_relu(values, _SLOPE)

    def of_image(values, scale, offset):
        return functional.instance_norm(values, weight=scale, bias=offset)

    def of_layer(values, scale, offset):
        return functional.group_norm(values, 1, scale, offset)

    def of_batch(values, scale, offset):
        return functional.batch_norm(
            values, None, None, scale, offset, training=True
        )

    def normed(norm, values, key, reflect, **how):
        values = convolved(values, f"{key}.conv", reflect, **how)
        return norm(
            values, state[f"{key}.norm.weight"], state[f"{key}.norm.bias"]
        )

    def residual(norm, values, key):
        inner = normed(norm, values, f"{key}.main.0", 1).relu()
        return values + normed(norm, inner, f"{key}.main.1", 1)

    def content(values):
        for n in range(3):
            reflect, stride = (1, 2) if n else (3, 1)
            key = f"c_encoder.main.{n}"
            values = normed(
                of_image, values, key, reflect, stride=stride
            ).relu()
        for n in range(blocks):
            values = residual(of_image, values, f"c_encoder.main.{3 + n}")
        return values

    def style(values, head):
        for n in range(3):
            reflect, stride = (1, 2) if n else (3, 1)
            key = f"s_encoder.shared.{n}.conv"
            values = leaky(convolved(values, key, reflect, stride=stride))
        for n in range(2):
            values = convolved(values, f"{head}.{n}.conv", 1, stride=2)
            values = leaky(values)
        return convolved(values.mean((2, 3), True), f"{head}.3").flatten(1)

    def mask(own, other):
        gate = dense(other.mean((2, 3)), "mask.co_attn.main.0.fc").tanh()
        gate = dense(gate, "mask.co_attn.main.1.fc").sigmoid()
        values = own * gate[:, :, None, None]
        for n in range(depth):
            values = normed(of_batch, values, f"mask.main.{n}", 1).relu()
        return convolved(values, f"mask.main.{depth}.conv").sigmoid()

    def modulated(values, code, name):
        for n in range(3):
            code = dense(code, f"decoder.{name}_mlp.main.{n}.fc")
            code = leaky(code) if n < 2 else code
        offset, scale = code[:, :, None, None].chunk(2, 1)
        return (scale / 2).exp() * values + offset

    def large(masks):
        return functional.interpolate(masks, scale_factor=4, mode="bilinear")

    values, other = content(image), content(exemplar)
    inside, seen = mask(values, other), mask(other, values)
    foreground = style(large(seen) * exemplar, _HEADS[0])
    background = style(large(1 - inside) * image, _HEADS[1])
    deviation = values.std(3, keepdim=True).std(2, keepdim=True)
    values = values - values.mean((2, 3), keepdim=True)
    values = values / (deviation + 1e-5)
    values = inside * modulated(values, foreground, "f") + (
        1 - inside
    ) * modulated(values, background, "b")
    for n in range(blocks):
        values = residual(of_layer, values, f"decoder.main.{n}")
    for n in range(2):
        values = functional.interpolate(values, scale_factor=2)
        key = f"decoder.main.{blocks + 1 + 2 * n}"
        values = normed(of_layer, values, key, 2).relu()
    last = convolved(values, f"decoder.main.{blocks + 4}.conv", 3).tanh()
    return torch.cat([last, large(inside), large(seen)], 1)
