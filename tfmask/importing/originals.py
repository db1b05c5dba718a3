"""The authors' generators in PyTorch, straight from their weights.

An imported network must give the same results. These generators use PyTorch's
own operations.
"""

import functools

import numpy as np

from tfmask.importing import torch_layers


def both_outputs(method, file, images):
    """What our generator and the authors' code make of images.

    Args:
        method: `TranslationMethod` with the weights of the file.
        file: `NetworkFile` of a generator.
        images: (B, H, W, 3) float32 in [-1, 1].

    Returns:
        (ours, theirs), two (B, H, W, C) float32: an image, then masks if the
        generator makes some.

    Raises:
        ImportError: PyTorch is not installed.
    """
    import torch

    layout = file.layout
    others = layout.others(images) if layout.others else []
    state = {key: torch.tensor(file.state[key]) for key in file.state}
    inputs = torch.tensor(np.transpose(images, (0, 3, 1, 2)))
    with torch.no_grad():
        theirs = layout.original(
            state, layout, inputs, *map(torch.tensor, others)
        )
    ours = file.outputs(method, images, *others)
    if isinstance(ours, dict):
        ours = np.concatenate([*ours.values()], axis=-1)
    elif isinstance(ours, tuple):
        image, masks = map(np.asarray, ours)
        masks = np.moveaxis(masks[..., 0], 1, -1)
        ours = np.concatenate([image, masks], axis=-1)
    return np.asarray(ours), np.transpose(theirs.numpy(), (0, 2, 3, 1))


def resnet(state, layout, values):
    """A ResnetGenerator of junyanz's code, by `Layout`."""
    from torch.nn import functional

    options, keys = layout.options, [layer.key for layer in layout.layers]
    blurred, blocks = options["antialias"], options["blocks"]

    convolved = functools.partial(torch_layers.convolved, state)

    def active(values):
        return functional.relu(functional.instance_norm(values))

    values = active(convolved(values, keys[0], reflect=3))
    for key in keys[1:3]:
        stride = 1 if blurred else 2
        values = active(convolved(values, key, padding=1, stride=stride))
        if blurred:
            values = _halved(values)
    for first, second in zip(
        keys[3 : 3 + 2 * blocks : 2], keys[4 : 4 + 2 * blocks : 2], strict=True
    ):
        inner = active(convolved(values, first, reflect=1))
        inner = convolved(inner, second, reflect=1)
        values = values + functional.instance_norm(inner)
    for key in keys[3 + 2 * blocks : -1]:
        if blurred:
            values = convolved(_doubled(values), key, padding=1)
        else:
            values = torch_layers.doubled(state, values, key)
        values = active(values)
    return convolved(values, keys[-1], reflect=3).tanh()


def _taps(values, taps, scale):
    import torch

    row = torch.tensor(taps)
    kernel = torch.outer(row, row) / row.sum() ** 2 * scale
    return kernel.expand(values.shape[1], 1, len(taps), len(taps))


def _halved(values):
    from torch.nn import functional

    padded = functional.pad(values, [1] * 4, mode="reflect")
    taps = _taps(values, [1.0, 2.0, 1.0], 1.0)
    return functional.conv2d(padded, taps, stride=2, groups=values.shape[1])


def _doubled(values):
    from torch.nn import functional

    # Their Upsample has four taps and a replicated border. The border is cut
    # off again.
    padded = functional.pad(values, [1] * 4, mode="replicate")
    taps = _taps(values, [1.0, 3.0, 3.0, 1.0], 4.0)
    outputs = functional.conv_transpose2d(
        padded, taps, stride=2, padding=2, groups=values.shape[1]
    )
    return outputs[:, :, 1:-1, 1:-1]


def unet(state, layout, values):
    """A UnetGenerator of junyanz's code, by `Layout`."""
    import torch
    from torch.nn import functional

    def normed(values, key):
        # Normalise with the image's own statistics, as in training mode.
        return functional.batch_norm(
            values,
            None,
            None,
            state[f"{key}.weight"],
            state[f"{key}.bias"],
            training=True,
        )

    def level(values, key, depth):
        """A block's input and output, concatenated."""
        inner = depth == layout.options["levels"] - 1
        down = functional.conv2d(
            functional.leaky_relu(values, 0.2),
            state[f"{key}.1.weight"],
            stride=2,
            padding=1,
        )
        if not inner:
            down = normed(down, f"{key}.2")
            down = level(down, f"{key}.3.model", depth + 1)
        up = 3 if inner else 5
        outputs = functional.conv_transpose2d(
            functional.relu(down),
            state[f"{key}.{up}.weight"],
            stride=2,
            padding=1,
        )
        outputs = normed(outputs, f"{key}.{up + 1}")
        # The leaky ReLU works in place. So the next layer gets its result.
        return torch.cat([functional.leaky_relu(values, 0.2), outputs], 1)

    images = [values[index : index + 1] for index in range(len(values))]
    outputs = []
    for image in images:
        outer = functional.conv2d(
            image, state["model.model.0.weight"], stride=2, padding=1
        )
        inner = level(outer, "model.model.1.model", 1)
        last = functional.conv_transpose2d(
            functional.relu(inner),
            state["model.model.3.weight"],
            state["model.model.3.bias"],
            stride=2,
            padding=1,
        )
        outputs.append(last.tanh())
    return torch.cat(outputs)
