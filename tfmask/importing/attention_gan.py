"""Where the layers of AttentionGAN's own code (Ha0Tang) are in ours."""

import functools

from tfmask.importing import torch_layers
from tfmask.importing.layouts import Layer, Layout, count_of, shape_of


def generator(state):
    """`Layout` of a ResnetGenerator_our.

    Raises:
        UserError: the file holds another network.
    """
    kind = "a generator of AttentionGAN's code"
    first = shape_of(state, "conv1.weight", kind)
    contents = shape_of(state, "deconv3_content.weight", kind)[0] // 3
    maps = shape_of(state, "deconv3_attention.weight", kind)[0]
    blocks = count_of(state, r"resnet_blocks\.\d+\.conv1\.weight")
    layers = [
        Layer(f"conv{n + 1}", f"encoder/convolutions/{n}") for n in range(3)
    ]
    layers += [
        Layer(
            f"resnet_blocks.{n}.conv{number}",
            f"encoder/residual_blocks/{n}/{name}",
        )
        for n in range(blocks)
        for number, name in ((1, "first"), (2, "second"))
    ]
    for name in ("content", "attention"):
        layers += [
            Layer(f"deconv{n + 1}_{name}", f"{name}_decoder/upsamplings/{n}")
            for n in range(2)
        ]
        layers.append(Layer(f"deconv3_{name}", f"{name}_decoder/last"))
    return Layout(
        tuple(layers),
        {
            "filters": first[0],
            "blocks": blocks,
            "maps": maps,
            # The last map also has a content, so nothing is copied.
            "geometric": contents == maps,
        },
        original,
    )


def original(state, layout, images):
    """The generator with PyTorch's own operations, by `Layout`."""
    import torch
    from torch.nn import functional

    options = layout.options

    convolved = functools.partial(torch_layers.convolved, state)

    def active(values):
        return functional.instance_norm(values).relu()

    values = active(convolved(images, "conv1", 3))
    for key in ("conv2", "conv3"):
        values = active(convolved(values, key, stride=2, padding=1))
    for n in range(options["blocks"]):
        key = f"resnet_blocks.{n}"
        inner = active(convolved(values, f"{key}.conv1", 1))
        inner = convolved(inner, f"{key}.conv2", 1)
        values = values + functional.instance_norm(inner)
    decoded = {}
    for name, reflect in (("content", 3), ("attention", 0)):
        outputs = values
        for n in (1, 2):
            key = f"deconv{n}_{name}"
            outputs = torch_layers.doubled(state, outputs, key)
            outputs = active(outputs)
        decoded[name] = convolved(outputs, f"deconv3_{name}", reflect)
    contents = list(decoded["content"].tanh().split(3, 1))
    if not options["geometric"]:
        contents.append(images)
    shares = decoded["attention"].softmax(1).split(1, 1)
    return torch.stack(
        [
            content * share
            for content, share in zip(contents, shares, strict=True)
        ]
    ).sum(0)
