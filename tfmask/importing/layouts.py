"""Layouts: which layer of an original network is which layer of ours.

The code of CycleGAN and pix2pix (pytorch-CycleGAN-and-pix2pix) and the code of
CUT (contrastive-unpaired-translation) number all modules of a network, also
those without weights. A layout gives the layer of ours for each numbered module
with weights. It decides which tensors a file must have.
"""

import dataclasses
import re
from collections.abc import Callable

import numpy as np

from tfmask.importing import originals
from tfmask.ops.errors import UserError

# These entries are no weights: fixed blur kernels, and running means that no
# training uses. The second vector of spectral normalisation follows from the
# first one. The first vector of a single row is just one number.
UNUSED = re.compile(
    r"(\.(filt|running_mean|running_var|num_batches_tracked|weight_v)"
    r"|_fc\.weight_u)$"
)
_BLOCK = re.compile(r"model\.(\d+)\.conv_block\.1\.weight")


@dataclasses.dataclass(frozen=True)
class Layer:
    """One layer with weights.

    Attributes:
        key: str, key in the file without ".weight" and ".bias".
        path: str, path in our network without "kernel", "gamma" and so on.
        norm: bool; it is a normalisation. False: it is a convolution or dense.
        bias: bool; it has a bias.
        names: dict of a tensor's name in the file to its name in ours, if the
            names do not follow from `norm` and `bias`.
        turn: function that changes an array to our layout, if its number of
            axes does not decide that.
    """

    key: str
    path: str
    norm: bool = False
    bias: bool = True
    names: dict | None = None
    turn: Callable | None = None

    @property
    def keys(self):
        """dict of key in the file to path of our variable."""
        names = self.names
        if names is None:
            weight, bias = (
                ("gamma", "beta") if self.norm else ("kernel", "bias")
            )
            names = {"weight": weight, **({"bias": bias} if self.bias else {})}
        return {
            f"{self.key}.{theirs}": f"{self.path}/{ours}"
            for theirs, ours in names.items()
        }


@dataclasses.dataclass(frozen=True)
class Layout:
    """A network of the authors' code.

    Attributes:
        layers: tuple of `Layer`.
        options: dict of field to value. Our network needs these values to be
            equal.
        original: function of (state, layout, images, others...). It does the
            same as the authors' generator, with PyTorch. None for other
            networks.
        others: function of (B, H, W, 3) images. It returns a list of arrays,
            the other inputs of the generator. None: there are none.
    """

    layers: tuple
    options: dict
    original: Callable | None = None
    others: Callable | None = None


def resnet_generator(state):
    """`Layout` of a ResnetGenerator.

    Raises:
        UserError: the file holds another network.
    """
    first = _shape(state, "model.1.weight", "a ResNet generator")
    blocks = sorted(
        int(match[1]) for match in map(_BLOCK.fullmatch, state) if match
    )
    if not blocks:
        raise UserError(
            "This is not a ResNet generator of junyanz's code: there is no "
            f"`model.10.conv_block.1`. It begins with: {_some(list(state))}."
        )
    blurred = any(key.endswith(".filt") for key in state)
    # A dropout lies between the two convolutions of a block.
    dropout = f"model.{blocks[0]}.conv_block.6.weight" in state
    # Convolution, norm, ReLU; and a blur, if blurring halves the size.
    halved = 4 if blurred else 3
    layers = [Layer("model.1", "encoder/convolutions/0")]
    layers += [
        Layer(f"model.{4 + halved * n}", f"encoder/convolutions/{n + 1}")
        for n in range(2)
    ]
    begin = 4 + 2 * halved
    for n in range(len(blocks)):
        block = f"encoder/residual_blocks/{n}"
        key = f"model.{begin + n}.conv_block"
        layers.append(Layer(f"{key}.1", f"{block}/first"))
        layers.append(Layer(f"{key}.{6 if dropout else 5}", f"{block}/second"))
    begin += len(blocks)
    for n in range(2):
        place = begin + (4 * n + 1 if blurred else 3 * n)
        layers.append(Layer(f"model.{place}", f"decoder/upsamplings/{n}"))
    layers.append(
        Layer(f"model.{begin + (9 if blurred else 7)}", "decoder/last")
    )
    return Layout(
        tuple(layers),
        {
            "filters": first[0],
            "blocks": len(blocks),
            "antialias": blurred,
            "upsampling": "blur" if blurred else "transposed",
        },
        originals.resnet,
    )


def unet_generator(state):
    """`Layout` of a UnetGenerator with batch norm.

    Raises:
        UserError: the file holds another network.
    """
    first = _shape(state, "model.model.0.weight", "a U-Net generator")
    levels, key = 1, "model.model.1.model"
    while f"{key}.3.model.1.weight" in state:
        levels, key = levels + 1, f"{key}.3.model"
    levels += 1
    layers = [Layer("model.model.0", "encoder/0", bias=False)]
    ups = [Layer("model.model.3", "last")]
    key = "model.model.1.model"
    for level in range(1, levels):
        inner = level == levels - 1
        layers.append(Layer(f"{key}.1", f"encoder/{level}", bias=False))
        if not inner:
            layers.append(
                Layer(f"{key}.2", f"encoder_norms/{level - 1}", norm=True)
            )
        up, place = (3 if inner else 5), levels - 1 - level
        ups.append(Layer(f"{key}.{up}", f"decoder/{place}", bias=False))
        ups.append(
            Layer(f"{key}.{up + 1}", f"decoder_norms/{place}", norm=True)
        )
        key = f"{key}.3.model"
    options = {"filters": first[0], "levels": levels}
    return Layout(tuple(layers + ups), options, originals.unet)


def patch_discriminator(state):
    """`Layout` of an NLayerDiscriminator.

    Raises:
        UserError: the file holds another network.
    """
    first = _shape(state, "model.0.weight", "a PatchGAN")
    blurred = any(key.endswith(".filt") for key in state)
    places = sorted(
        int(key.split(".")[1])
        for key, array in state.items()
        if key.endswith(".weight") and array.ndim == 4
    )
    strided = len(places) - 2
    # Convolution, norm, leaky ReLU; and a blur, if blurring halves the size.
    # The first layer has no norm.
    step, second = (4, 3) if blurred else (3, 2)
    wanted = [0, *(second + step * n for n in range(strided))]
    wanted.append(wanted[-1] + 3)
    batch = f"model.{second + 1}.weight" in state
    layers = []
    for level, place in enumerate(wanted):
        between = 0 < level <= strided
        layers.append(
            Layer(
                f"model.{place}",
                f"convolutions/{level}",
                bias=not (batch and between),
            )
        )
        if batch and between:
            layers.append(
                Layer(f"model.{place + 1}", f"norms/{level}", norm=True)
            )
    return Layout(
        tuple(layers),
        {
            "discriminator_filters": first[0],
            "discriminator_layers": strided,
            "normalization": "batch" if batch else "instance",
        },
    )


def attribute_discriminator(state, kind, key, score, *, step=1, bias=True):
    """`Layout` of a critic that also names attributes (StarGAN's, LOMIT's).

    Args:
        state: dict of key to array.
        kind: str, the network that is expected, for the message.
        key: str, key of a strided layer, "{}" in place of its number.
        score: str, key of the layer of scores.
        step: int, from the number of a strided layer to the next one.
        bias: bool, whether both last layers have one.

    Raises:
        UserError: the file holds another network.
    """
    first = shape_of(state, f"{key.format(0)}.weight", kind)
    heads = shape_of(state, "conv2.weight", kind)
    pattern = re.escape(f"{key}.weight").replace(r"\{\}", r"\d+")
    strided = count_of(state, pattern)
    layers = [
        Layer(key.format(step * n), f"convolutions/{n}") for n in range(strided)
    ]
    layers.append(Layer(score, "score_head", bias=bias))
    layers.append(Layer("conv2", "class_head", bias=bias))
    return Layout(
        tuple(layers),
        {
            "discriminator_filters": first[0],
            "discriminator_layers": strided,
            "attributes": heads[0],
            "image_size": heads[2] * 2**strided,
        },
    )


def arrays_for(layout, state, shapes):
    """The file's arrays under our variables' paths, laid out as ours.

    Args:
        layout: `Layout`.
        state: dict of key to array.
        shapes: dict of path to shape, all variables of our network.

    Returns:
        dict of path to array.

    Raises:
        UserError: keys are missing or surplus, or shapes differ.
    """
    wanted, turns = {}, {}
    for layer in layout.layers:
        wanted |= layer.keys
        turns |= dict.fromkeys(layer.keys, layer.turn or _turned)
    missing = [key for key in wanted if key not in state]
    surplus = [
        key for key in state if key not in wanted and not UNUSED.search(key)
    ]
    if missing or surplus:
        raise UserError(
            f"Missing: {_some(missing)}. Surplus: {_some(surplus)}. The file "
            f"looks like a network of {_options(layout)}."
        )
    arrays = {}
    for key, path in wanted.items():
        array = arrays[path] = turns[key](state[key])
        if array.size == max(array.shape) and array.size == np.prod(
            shapes.get(path, ())
        ):
            # One number for each channel, with or without axes of size 1.
            arrays[path] = array.reshape(shapes[path])
        if path not in shapes or tuple(shapes[path]) != arrays[path].shape:
            raise UserError(
                f"`{key}` has shape {state[key].shape}, here "
                f"{arrays[path].shape}; `{path}` of ours has "
                f"{shapes.get(path)}."
            )
    # Running means do not change, because a translation does not use them.
    left = sorted(
        path
        for path in set(shapes) - set(arrays)
        if not path.endswith(("moving_mean", "moving_variance"))
    )
    if left:
        raise UserError(f"The file has nothing for: {_some(left)}.")
    return arrays


def _turned(array):
    """PyTorch's kernels have channels first, both kinds turn alike."""
    if array.ndim == 4:
        return array.transpose(2, 3, 1, 0)
    return array.T if array.ndim == 2 else array


def _shape(state, key, kind):
    return shape_of(state, key, f"{kind} of junyanz's code")


def shape_of(state, key, kind):
    """The shape of a kernel or matrix by which a network is known.

    Args:
        state: dict of key to array.
        key: str.
        kind: str, what it should be, for the message.

    Raises:
        UserError: the key is missing.
    """
    if key not in state or state[key].ndim not in (2, 4):
        raise UserError(
            f"This is not {kind}: there is no `{key}`. It begins with: "
            f"{_some(list(state))}."
        )
    return state[key].shape


def _some(names, most=4):
    if not names:
        return "none"
    text = ", ".join(f"`{name}`" for name in names[:most])
    return text + (f" and {len(names) - most} more" if names[most:] else "")


def _options(layout):
    return ", ".join(
        f"{name} {value}" for name, value in layout.options.items()
    )


def count_of(state, pattern):
    """How many keys a regular expression matches."""
    return sum(bool(re.fullmatch(pattern, key)) for key in state)
