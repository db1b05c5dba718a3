"""Where the layers of U-GAT-IT's PyTorch code (znxlwm) are in ours."""

import functools
import math

from tfmask.importing import torch_layers
from tfmask.importing.layouts import Layer, Layout, count_of, shape_of

_CODE = "of U-GAT-IT's PyTorch code"
_RHO = {"rho": "rho"}
_NORM = {"rho": "rho", "gamma": "gamma", "beta": "beta"}
# A layer with spectral normalisation.
_SPECTRAL = {"weight_orig": "kernel", "bias": "bias", "weight_u": "vector"}


def generator(state):
    """`Layout` of a ResnetGenerator.

    Raises:
        UserError: the file holds another network.
    """
    kind = f"a generator {_CODE}"
    filters = shape_of(state, "DownBlock.1.weight", kind)[0]
    first = shape_of(state, "FC.0.weight", kind)[1]
    blocks = count_of(state, r"DownBlock\.\d+\.conv_block\.1\.weight")
    width, light = 4 * filters, first == 4 * filters
    side = 0 if light else math.isqrt(first // width)

    def channels_last(matrix):
        """Theirs reads features as (C, h, w), ours as (h, w, C)."""
        if light:
            return matrix.T
        cut = matrix.reshape(-1, width, side, side)
        return cut.transpose(2, 3, 1, 0).reshape(-1, len(matrix))

    def plain(key, path, **more):
        return Layer(key, path, bias=False, **more)

    layers = [
        plain(f"DownBlock.{1 + 4 * n}", f"encoder/convolutions/{n}")
        for n in range(3)
    ]
    for n in range(blocks):
        key = f"DownBlock.{12 + n}.conv_block"
        path = f"encoder/residual_blocks/{n}"
        layers += [
            plain(f"{key}.1", f"{path}/first"),
            plain(f"{key}.5", f"{path}/second"),
        ]
        key, path = f"UpBlock1_{n + 1}", f"residual_blocks/{n}"
        for number, name in ((1, "first"), (2, "second")):
            layers += [
                plain(f"{key}.conv{number}", f"{path}/{name}"),
                Layer(f"{key}.norm{number}", f"{path}/{name}_norm", names=_RHO),
            ]
    layers += [
        *_attention("weight"),
        plain("FC.0", "hidden/0", turn=channels_last),
        plain("FC.2", "hidden/1"),
        plain("gamma", "scale"),
        plain("beta", "offset"),
    ]
    for n in range(2):
        key = f"UpBlock2.{2 + 5 * n}"
        layers.append(plain(key, f"upsamplings/{n}"))
        layers.append(Layer(f"UpBlock2.{3 + 5 * n}", f"norms/{n}", names=_NORM))
    layers.append(plain("UpBlock2.11", "last"))
    options = {"filters": filters, "blocks": blocks, "light": light}
    if side:
        options["image_size"] = 4 * side
    return Layout(tuple(layers), options, original)


def _attention(name):
    return [
        Layer("gap_fc", "attention", names={name: "of_means"}),
        Layer("gmp_fc", "attention", names={name: "of_maxima"}),
        Layer("conv1x1", "attention/mix"),
    ]


def discriminator(depth, state):
    """`Layout` of a Discriminator.

    Args:
        depth: our field for its strided layers.
        state: dict of key to array.

    Raises:
        UserError: the file holds another network.
    """
    key = "model.1.weight_orig"
    first = shape_of(state, key, f"a discriminator {_CODE}")
    count = count_of(state, r"model\.\d+\.weight_orig")
    layers = [
        Layer(f"model.{1 + 3 * n}", f"convolutions/{n}", names=_SPECTRAL)
        for n in range(count)
    ]
    layers += _attention("weight_orig")
    last = {name: _SPECTRAL[name] for name in ("weight_orig", "weight_u")}
    layers.append(Layer("conv", "last", names=last))
    return Layout(
        tuple(layers), {"discriminator_filters": first[0], depth: count - 1}
    )


def original(state, layout, images):
    """The generator with PyTorch's own operations, by `Layout`."""
    import torch
    from torch.nn import functional

    blocks = layout.options["blocks"]

    def convolved(values, key, reflect=1, **how):
        return torch_layers.convolved(state, values, key, reflect, **how)

    dense = functools.partial(torch_layers.dense, state)

    def mixed(values, rho):
        """Instance and layer normalisation, by unbiased variances."""
        parts = []
        for axes in ((2, 3), (1, 2, 3)):
            mean = values.mean(axes, keepdim=True)
            variance = values.var(axes, keepdim=True)
            parts.append((values - mean) / (variance + 1e-5).sqrt())
        return rho * parts[0] + (1 - rho) * parts[1]

    values = images
    for n in range(3):
        reflect, stride = (1, 2) if n else (3, 1)
        key = f"DownBlock.{1 + 4 * n}"
        values = convolved(values, key, reflect, stride=stride)
        values = functional.instance_norm(values).relu()
    for n in range(blocks):
        key = f"DownBlock.{12 + n}.conv_block"
        inner = functional.instance_norm(convolved(values, f"{key}.1")).relu()
        inner = convolved(inner, f"{key}.5")
        values = values + functional.instance_norm(inner)
    looks = [
        values * state[f"{name}.weight"][:, :, None, None]
        for name in ("gap_fc", "gmp_fc")
    ]
    values = convolved(torch.cat(looks, 1), "conv1x1", 0).relu()
    light = layout.options["light"]
    codes = values.mean((2, 3)) if light else values.flatten(1)
    codes = dense(dense(codes, "FC.0").relu(), "FC.2").relu()
    scale, offset = (
        dense(codes, name)[:, :, None, None] for name in ("gamma", "beta")
    )
    for n in range(blocks):
        key = f"UpBlock1_{n + 1}"
        inner = convolved(values, f"{key}.conv1")
        inner = mixed(inner, state[f"{key}.norm1.rho"]) * scale + offset
        inner = convolved(inner.relu(), f"{key}.conv2")
        inner = mixed(inner, state[f"{key}.norm2.rho"]) * scale + offset
        values = values + inner
    for n in range(2):
        values = functional.interpolate(values, scale_factor=2)
        values = convolved(values, f"UpBlock2.{2 + 5 * n}")
        key = f"UpBlock2.{3 + 5 * n}"
        values = mixed(values, state[f"{key}.rho"])
        values = values * state[f"{key}.gamma"] + state[f"{key}.beta"]
        values = values.relu()
    return convolved(values, "UpBlock2.11", 3).tanh()
