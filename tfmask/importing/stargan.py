"""Where the layers of StarGAN's own code (yunjey/stargan) are in ours."""

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

_CODE = "of StarGAN's code"


def generator(state):
    """`Layout` of a Generator.

    Raises:
        UserError: the file holds another network.
    """
    first = shape_of(state, "main.0.weight", f"a generator {_CODE}")
    # If it is not a generator, there are none.
    shape_of(state, "main.9.main.0.weight", f"a generator {_CODE}")
    blocks = count_of(state, r"main\.\d+\.main\.0\.weight")
    layers = []

    def add(key, path, norm_key, norm):
        layers.append(Layer(key, path, bias=False))
        layers.append(Layer(norm_key, norm, norm=True))

    for n in range(3):
        place = 3 * n
        path, norm = f"convolutions/{n}", f"norms/{n}"
        add(f"main.{place}", path, f"main.{place + 1}", norm)
    for n in range(blocks):
        block, key = f"residual_blocks/{n}", f"main.{9 + n}.main"
        add(f"{key}.0", f"{block}/first", f"{key}.1", f"{block}/first_norm")
        add(f"{key}.3", f"{block}/second", f"{key}.4", f"{block}/second_norm")
    for n in range(2):
        place = 9 + blocks + 3 * n
        path, norm = f"upsamplings/{n}", f"norms/{n + 3}"
        add(f"main.{place}", path, f"main.{place + 1}", norm)
    layers.append(Layer(f"main.{15 + blocks}", "last", bias=False))
    labels = first[1] - 3
    return Layout(
        tuple(layers),
        {"filters": first[0], "blocks": blocks, "attributes": labels},
        original,
        functools.partial(switched, labels),
    )


def switched(count, images):
    """Attributes to compare with the original: [(B, count) 0 and 1]."""
    numbers = np.arange(len(images) * count) % 2
    return [numbers.reshape(len(images), count).astype("float32")]


def discriminator(state):
    """`Layout` of a Discriminator.

    Raises:
        UserError: the file holds another network.
    """
    kind = f"a discriminator {_CODE}"
    # A layer without weights follows each strided one.
    return attribute_discriminator(
        state, kind, "main.{}", "conv1", step=2, bias=False
    )


def original(state, layout, images, labels):
    """The generator with PyTorch's own operations, by `Layout`."""
    import torch
    from torch.nn import functional

    keys = [layer.key for layer in layout.layers]
    pairs = list(zip(keys[::2], keys[1::2], strict=False))

    def normed(values, key):
        # It takes the statistics of the image, because the code never calls
        # `eval`.
        weight, bias = state[f"{key}.weight"], state[f"{key}.bias"]
        return functional.instance_norm(values, weight=weight, bias=bias)

    convolved = functools.partial(torch_layers.convolved, state)
    planes = labels[:, :, None, None].expand(-1, -1, *images.shape[2:])
    values = torch.cat([images, planes], 1)
    for number, (key, norm) in enumerate(pairs[:3]):
        how = {"stride": 2, "padding": 1} if number else {"padding": 3}
        values = normed(convolved(values, key, **how), norm).relu()
    inside = pairs[3:-2]
    for (first, norm), (second, last) in zip(
        inside[::2], inside[1::2], strict=True
    ):
        inner = normed(convolved(values, first, padding=1), norm).relu()
        values = values + normed(convolved(inner, second, padding=1), last)
    for key, norm in pairs[-2:]:
        weight = state[f"{key}.weight"]
        values = functional.conv_transpose2d(
            values, weight, stride=2, padding=1
        )
        values = normed(values, norm).relu()
    return convolved(values, keys[-1], padding=3).tanh()
