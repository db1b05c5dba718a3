"""Where the layers of MUNIT's own code (NVlabs/MUNIT) are in ours."""

import functools

from tfmask.importing import torch_layers
from tfmask.importing.layouts import Layer, Layout, count_of, shape_of

_CODE = "of MUNIT's code"
_LAYER_NORM = {"gamma": "gamma", "beta": "beta"}
_BLOCK = r"{}\.\d+\.model\.0\.conv\.weight"


def generator(state):
    """`Layout` of an AdaINGen: encoders, decoder and MLP of one domain.

    Raises:
        UserError: the file holds another network.
    """
    kind = f"a generator {_CODE}"
    first = shape_of(state, "enc_content.model.0.conv.weight", kind)
    style = shape_of(state, "enc_style.model.6.weight", kind)
    hidden = shape_of(state, "mlp.model.0.fc.weight", kind)
    inside = r"enc_content\.model\.3\.model"
    blocks = count_of(state, _BLOCK.format(inside))
    layers = [
        Layer(
            f"enc_content.model.{n}.conv", f"content_encoder/convolutions/{n}"
        )
        for n in range(3)
    ]
    layers += _blocks("enc_content.model.3", "content_encoder", blocks)
    places = ["trunk/0", "trunk/1", "trunk/2", "head/first", "head/second"]
    layers += [
        Layer(f"enc_style.model.{n}.conv", f"style_encoder/{place}")
        for n, place in enumerate(places)
    ]
    layers.append(
        Layer(
            "enc_style.model.6",
            "style_encoder/head/code",
            # In their code it is a 1x1 convolution of a single pixel.
            turn=lambda array: array.reshape(array.shape[0], -1).T,
        )
    )
    layers += [
        Layer(f"mlp.model.{n}.fc", f"style_layers/{name}")
        for n, name in enumerate(("first", "second", "last"))
    ]
    layers += _blocks("dec.model.0", "decoder", blocks)
    for n in range(2):
        key = f"dec.model.{2 + 2 * n}"
        layers.append(Layer(f"{key}.conv", f"decoder/convolutions/{n}"))
        layers.append(
            Layer(f"{key}.norm", f"decoder/norms/{n}", names=_LAYER_NORM)
        )
    layers.append(Layer("dec.model.5.conv", "decoder/last"))
    return Layout(
        tuple(layers),
        {
            "filters": first[0],
            "blocks": blocks,
            "style_size": style[0],
            "style_hidden": hidden[0],
        },
        original,
    )


def _blocks(key, path, blocks):
    return [
        Layer(
            f"{key}.model.{n}.model.{place}.conv",
            f"{path}/residual_blocks/{n}/{name}",
        )
        for n in range(blocks)
        for place, name in enumerate(("first", "second"))
    ]


def discriminator(state):
    """`Layout` of an MsImageDis.

    Raises:
        UserError: the file holds another network.
    """
    key = "cnns.0.0.conv.weight"
    first = shape_of(state, key, f"a discriminator {_CODE}")
    scales = count_of(state, r"cnns\.\d+\.0\.conv\.weight")
    strided = count_of(state, r"cnns\.0\.\d+\.conv\.weight")
    layers = []
    for scale in range(scales):
        head = f"heads/{scale}"
        layers += [
            Layer(f"cnns.{scale}.{n}.conv", f"{head}/convolutions/{n}")
            for n in range(strided)
        ]
        layers.append(Layer(f"cnns.{scale}.{strided}", f"{head}/last"))
    return Layout(
        tuple(layers),
        {
            "discriminator_filters": first[0],
            "discriminator_layers": strided,
            "discriminator_scales": scales,
        },
    )


def original(state, layout, images):
    """An image, encoded and decoded with its own style, by PyTorch."""
    from torch.nn import functional

    blocks, strides = layout.options["blocks"], (1, 2, 2, 2, 2)

    convolved = functools.partial(torch_layers.convolved, state)

    def residual(values, key, norms):
        inner = convolved(values, f"{key}.model.0.conv", 1)
        inner = convolved(norms[0](inner).relu(), f"{key}.model.1.conv", 1)
        return values + norms[1](inner)

    style = content = images
    for n, stride in enumerate(strides):
        padding = 1 if n else 3
        style = convolved(
            style, f"enc_style.model.{n}.conv", padding, stride=stride
        )
        style = style.relu()
        if n < 3:
            key = f"enc_content.model.{n}.conv"
            content = convolved(content, key, padding, stride=stride)
            content = functional.instance_norm(content).relu()
    plain = [functional.instance_norm] * 2
    for n in range(blocks):
        key = f"enc_content.model.3.model.{n}"
        content = residual(content, key, plain)
    style = style.mean((2, 3), keepdim=True)
    code = convolved(style, "enc_style.model.6", 0).flatten(1)
    for n in range(3):
        code = torch_layers.dense(state, code, f"mlp.model.{n}.fc")
        code = code.relu() if n < 2 else code
    width = content.shape[1]
    pieces = iter(code.split(width, dim=1))

    def adaptive(values):
        offset, scale = (next(pieces)[:, :, None, None] for _ in range(2))
        return functional.instance_norm(values) * scale + offset

    values = content
    for n in range(blocks):
        values = residual(values, f"dec.model.0.model.{n}", [adaptive] * 2)
    for n in range(2):
        key = f"dec.model.{2 + 2 * n}"
        values = functional.interpolate(values, scale_factor=2)
        values = convolved(values, f"{key}.conv", 2)
        # Their own layer norm divides by the deviation plus epsilon.
        mean = values.mean((1, 2, 3), keepdim=True)
        deviation = values.std((1, 2, 3), keepdim=True)
        values = (values - mean) / (deviation + 1e-5)
        scale, offset = (
            state[f"{key}.norm.{name}"][:, None, None]
            for name in ("gamma", "beta")
        )
        values = (values * scale + offset).relu()
    return convolved(values, "dec.model.5.conv", 3).tanh()
