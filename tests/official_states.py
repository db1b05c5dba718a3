"""State dicts with the key names of junyanz's code, of random weights.

Named by the tables below, which were written from the code's modules (their
numbers in `nn.Sequential`), not by tfmask's layouts.
"""

import numpy as np


def _random(shapes):
    random = np.random.default_rng(3)
    return {
        key: random.normal(0.1, 0.3, shape).astype("float32")
        for key, shape in shapes.items()
    }


def _layer(key, weight, bias):
    return {f"{key}.weight": weight, f"{key}.bias": (bias,)}


def cyclegan_generator(f=2, blocks=2):
    """`ResnetGenerator` with instance norm: for 9 blocks model.1 to .26."""
    shapes = _layer("model.1", (f, 3, 7, 7), f)
    shapes |= _layer("model.4", (2 * f, f, 3, 3), 2 * f)
    shapes |= _layer("model.7", (4 * f, 2 * f, 3, 3), 4 * f)
    square = (4 * f, 4 * f, 3, 3)
    for n in range(blocks):
        for place in (1, 5):
            key = f"model.{10 + n}.conv_block.{place}"
            shapes |= _layer(key, square, 4 * f)
    up = 10 + blocks  # 19 for 9 blocks
    shapes |= _layer(f"model.{up}", (4 * f, 2 * f, 3, 3), 2 * f)
    shapes |= _layer(f"model.{up + 3}", (2 * f, f, 3, 3), f)
    shapes |= _layer(f"model.{up + 7}", (3, f, 7, 7), 3)
    return _random(shapes)


def cut_generator(f=2, blocks=9):
    """CUT's: halves and doubles through blurs, whose kernels are stored."""
    shapes = _layer("model.1", (f, 3, 7, 7), f)
    shapes |= _layer("model.4", (2 * f, f, 3, 3), 2 * f)
    shapes |= {"model.7.filt": (2 * f, 1, 3, 3)}
    shapes |= _layer("model.8", (4 * f, 2 * f, 3, 3), 4 * f)
    shapes |= {"model.11.filt": (4 * f, 1, 3, 3)}
    for n in range(blocks):
        for place in (1, 5):
            key = f"model.{12 + n}.conv_block.{place}"
            shapes |= _layer(key, (4 * f, 4 * f, 3, 3), 4 * f)
    up = 12 + blocks
    shapes |= {f"model.{up}.filt": (4 * f, 1, 4, 4)}
    shapes |= _layer(f"model.{up + 1}", (2 * f, 4 * f, 3, 3), 2 * f)
    shapes |= {f"model.{up + 4}.filt": (2 * f, 1, 4, 4)}
    shapes |= _layer(f"model.{up + 5}", (f, 2 * f, 3, 3), f)
    shapes |= _layer(f"model.{up + 9}", (3, f, 7, 7), 3)
    return _random(shapes)


def _norm(key, width):
    shapes = _layer(key, (width,), width)
    statistics = ("running_mean", "running_var")
    return shapes | {f"{key}.{name}": (width,) for name in statistics}


def pix2pix_generator(f=2, levels=6):
    """`UnetGenerator`: a block within a block, named from outside."""
    widths = [f * min(2**n, 8) for n in range(levels)]
    shapes = {"model.model.0.weight": (f, 3, 4, 4)}
    shapes |= _layer("model.model.3", (2 * f, 3, 4, 4), 3)
    key = "model.model.1.model"
    for level in range(1, levels):
        before, width = widths[level - 1 : level + 1]
        shapes |= {f"{key}.1.weight": (width, before, 4, 4)}
        if level == levels - 1:
            shapes |= {f"{key}.3.weight": (width, before, 4, 4)}
            shapes |= _norm(f"{key}.4", before)
        else:
            shapes |= _norm(f"{key}.2", width)
            shapes |= {f"{key}.5.weight": (2 * width, before, 4, 4)}
            shapes |= _norm(f"{key}.6", before)
        key = f"{key}.3.model"
    return _random(shapes)


def patch_discriminator(f=2, channels=3, batch=False):
    """`NLayerDiscriminator` of three strided layers."""
    shapes = _layer("model.0", (f, channels, 4, 4), f)
    widths = [f, 2 * f, 4 * f, 8 * f]
    for place, before, width in zip(
        (2, 5, 8), widths, widths[1:], strict=False
    ):
        kernel = (width, before, 4, 4)
        if batch:
            shapes |= {f"model.{place}.weight": kernel}
            shapes |= _norm(f"model.{place + 1}", width)
        else:
            shapes |= _layer(f"model.{place}", kernel, width)
    shapes |= _layer("model.11", (1, 8 * f, 4, 4), 1)
    return _random(shapes)


def stargan_generator(f=2, blocks=2, labels=3):
    """`Generator`: `main` of convolution, norm, ReLU and so on."""
    shapes = {"main.0.weight": (f, 3 + labels, 7, 7)}
    shapes |= _norm("main.1", f)
    shapes |= {"main.3.weight": (2 * f, f, 4, 4)}
    shapes |= _norm("main.4", 2 * f)
    shapes |= {"main.6.weight": (4 * f, 2 * f, 4, 4)}
    shapes |= _norm("main.7", 4 * f)
    for n in range(blocks):
        for place in (0, 3):
            key = f"main.{9 + n}.main"
            shapes |= {f"{key}.{place}.weight": (4 * f, 4 * f, 3, 3)}
            shapes |= _norm(f"{key}.{place + 1}", 4 * f)
    up = 9 + blocks  # 15 for 6 blocks
    shapes |= {f"main.{up}.weight": (4 * f, 2 * f, 4, 4)}
    shapes |= _norm(f"main.{up + 1}", 2 * f)
    shapes |= {f"main.{up + 3}.weight": (2 * f, f, 4, 4)}
    shapes |= _norm(f"main.{up + 4}", f)
    shapes |= {f"main.{up + 6}.weight": (3, f, 7, 7)}
    return _random(shapes)


def stargan_discriminator(f=2, layers=5, labels=3, kernel=2):
    """`Discriminator`: of 64 px, 5 layers leave 2x2."""
    shapes, before = {}, 3
    for n in range(layers):
        width = f * 2**n
        shapes |= _layer(f"main.{2 * n}", (width, before, 4, 4), width)
        before = width
    shapes |= {"conv1.weight": (1, before, 3, 3)}
    shapes |= {"conv2.weight": (labels, before, kernel, kernel)}
    return _random(shapes)


def munit_generator(f=2, blocks=2, style=4, hidden=8):
    """`AdaINGen` of configs/edges2shoes_folder.yaml, smaller."""
    shapes = {}
    widths = [3, f, 2 * f, 4 * f, 4 * f, 4 * f]
    for n in range(5):
        kernel = 4 if n else 7
        shape = (widths[n + 1], widths[n], kernel, kernel)
        key = f"enc_style.model.{n}.conv"
        shapes |= _layer(key, shape, shape[0])
        if n < 3:
            key = f"enc_content.model.{n}.conv"
            shapes |= _layer(key, shape, shape[0])
            shapes |= {f"enc_content.model.{n}.norm.running_mean": shape[:1]}
    shapes |= _layer("enc_style.model.6", (style, 4 * f, 1, 1), style)
    square = (4 * f, 4 * f, 3, 3)
    for part in ("enc_content.model.3", "dec.model.0"):
        for n in range(blocks):
            for place in (0, 1):
                key = f"{part}.model.{n}.model.{place}"
                shapes |= _layer(f"{key}.conv", square, 4 * f)
                shapes |= {f"{key}.norm.running_var": (4 * f,)}
    for n, width in ((2, 2 * f), (4, f)):
        key = f"dec.model.{n}"
        shapes |= _layer(f"{key}.conv", (width, 2 * width, 5, 5), width)
        shapes |= {f"{key}.norm.{name}": (width,) for name in ("gamma", "beta")}
    shapes |= _layer("dec.model.5.conv", (3, f, 7, 7), 3)
    numbers = 2 * 2 * blocks * 4 * f
    for n, (wide, narrow) in enumerate(
        ((hidden, style), (hidden, hidden), (numbers, hidden))
    ):
        shapes |= _layer(f"mlp.model.{n}.fc", (wide, narrow), wide)
    return _random(shapes)


def munit_discriminator(f=2, layers=3, scales=2):
    """`MsImageDis`: the same network for each scale."""
    shapes = {}
    for scale in range(scales):
        before = 3
        for n in range(layers):
            width = f * 2**n
            key = f"cnns.{scale}.{n}.conv"
            shapes |= _layer(key, (width, before, 4, 4), width)
            before = width
        shapes |= _layer(f"cnns.{scale}.{layers}", (1, before, 1, 1), 1)
    return _random(shapes)


def ugatit_generator(f=2, blocks=2, size=64, light=False):
    """`ResnetGenerator` of U-GAT-IT's PyTorch code."""
    wide, shapes = 4 * f, {"DownBlock.1.weight": (f, 3, 7, 7)}
    shapes |= {"DownBlock.5.weight": (2 * f, f, 3, 3)}
    shapes |= {"DownBlock.9.weight": (wide, 2 * f, 3, 3)}
    square = (wide, wide, 3, 3)
    for n in range(blocks):
        for place in (1, 5):
            key = f"DownBlock.{12 + n}.conv_block.{place}.weight"
            shapes |= {key: square}
        for place in (1, 2):
            key = f"UpBlock1_{n + 1}"
            shapes |= {f"{key}.conv{place}.weight": square}
            shapes |= {f"{key}.norm{place}.rho": (1, wide, 1, 1)}
    shapes |= {"gap_fc.weight": (1, wide), "gmp_fc.weight": (1, wide)}
    shapes |= _layer("conv1x1", (wide, 2 * wide, 1, 1), wide)
    first = wide if light else wide * (size // 4) ** 2
    shapes |= {"FC.0.weight": (wide, first), "FC.2.weight": (wide, wide)}
    shapes |= {"gamma.weight": (wide, wide), "beta.weight": (wide, wide)}
    for place, width in ((2, 2 * f), (7, f)):
        key = f"UpBlock2.{place}.weight"
        shapes |= {key: (width, 2 * width, 3, 3)}
        shapes |= {
            f"UpBlock2.{place + 1}.{name}": (1, width, 1, 1)
            for name in ("rho", "gamma", "beta")
        }
    shapes |= {"UpBlock2.11.weight": (3, f, 7, 7)}
    return _random(shapes)


def _spectral(key, weight, bias=True):
    shapes = {f"{key}.bias": weight[:1]} if bias else {}
    columns = int(np.prod(weight[1:]))
    return shapes | {
        f"{key}.weight_orig": weight,
        f"{key}.weight_u": weight[:1],
        f"{key}.weight_v": (columns,),
    }


def ugatit_discriminator(f=2, n_layers=5):
    """`Discriminator`: 5 for the local one, 7 for the global one."""
    shapes, before = {}, 3
    for n in range(n_layers - 1):
        width = f * 2**n
        shapes |= _spectral(f"model.{1 + 3 * n}", (width, before, 4, 4))
        before = width
    shapes |= _spectral("gap_fc", (1, before), bias=False)
    shapes |= _spectral("gmp_fc", (1, before), bias=False)
    shapes |= _layer("conv1x1", (before, 2 * before, 1, 1), before)
    shapes |= _spectral("conv", (1, before, 4, 4), bias=False)
    return _random(shapes)


def attention_generator(f=2, blocks=2, maps=4, geometric=False):
    """`ResnetGenerator_our` of AttentionGAN, which names its layers."""
    shapes = _layer("conv1", (f, 3, 7, 7), f)
    shapes |= _layer("conv2", (2 * f, f, 3, 3), 2 * f)
    shapes |= _layer("conv3", (4 * f, 2 * f, 3, 3), 4 * f)
    for n in range(blocks):
        for number in (1, 2):
            key = f"resnet_blocks.{n}.conv{number}"
            shapes |= _layer(key, (4 * f, 4 * f, 3, 3), 4 * f)
    contents = 3 * (maps if geometric else maps - 1)
    for name, channels, kernel in (
        ("content", contents, 7),
        ("attention", maps, 1),
    ):
        shapes |= _layer(f"deconv1_{name}", (4 * f, 2 * f, 3, 3), 2 * f)
        shapes |= _layer(f"deconv2_{name}", (2 * f, f, 3, 3), f)
        last = (channels, f, kernel, kernel)
        shapes |= _layer(f"deconv3_{name}", last, channels)
    return _random(shapes)


def instance_generator(f=2, blocks=2):
    """`ResnetSetGenerator` of InstaGAN."""
    shapes = {}
    for name, channels, wide in (("img", 3, 2), ("seg", 1, 3)):
        key = f"encoder_{name}"
        shapes |= _layer(f"{key}.1", (f, channels, 7, 7), f)
        shapes |= _layer(f"{key}.4", (2 * f, f, 3, 3), 2 * f)
        shapes |= _layer(f"{key}.7", (4 * f, 2 * f, 3, 3), 4 * f)
        for n in range(blocks):
            for place in (1, 5):
                block = f"{key}.{10 + n}.conv_block.{place}"
                shapes |= _layer(block, (4 * f, 4 * f, 3, 3), 4 * f)
        key, w = f"decoder_{name}", wide * f
        shapes |= _layer(f"{key}.0", (4 * w, 2 * w, 3, 3), 2 * w)
        shapes |= _layer(f"{key}.3", (2 * w, w, 3, 3), w)
        shapes |= _layer(f"{key}.7", (channels, w, 7, 7), channels)
    return _random(shapes)


def instance_discriminator(f=2):
    """`NLayerSetDiscriminator` of InstaGAN, by its own `SpectralNorm`."""
    shapes = {}

    def add(key, weight):
        tensors = _spectral(f"{key}.module", weight)
        for name, shape in tensors.items():
            shapes[name.replace("_orig", "_bar")] = shape

    for name, channels in (("img", 3), ("seg", 1)):
        widths = [channels, f, 2 * f, 4 * f]
        for place, before, width in zip(
            (0, 2, 5), widths, widths[1:], strict=False
        ):
            add(f"feature_{name}.{place}", (width, before, 4, 4))
    add("classifier.0", (16 * f, 8 * f, 4, 4))
    add("classifier.3", (1, 16 * f, 4, 4))
    return _random(shapes)


def _block(key, width, before, kernel):
    """A `ConvBlock` of LOMIT's code, with a norm."""
    shapes = _layer(f"{key}.conv", (width, before, kernel, kernel), width)
    return shapes | _norm(f"{key}.norm", width)


def lomit_generator(f=2, style=4, hidden=8, depth=6, tied=True):
    """`Generator` of LOMIT with 8 residual blocks; its norms count batches."""
    wide, shapes = 4 * f, {}
    for n, (width, before) in enumerate(((f, 3), (2 * f, f), (wide, 2 * f))):
        kernel = 4 if n else 7
        shapes |= _block(f"c_encoder.main.{n}", width, before, kernel)
        key = f"s_encoder.shared.{n}.conv"
        shapes |= _layer(key, (width, before, kernel, kernel), width)
    for part, begin in (("c_encoder", 3), ("decoder", 0)):
        for n in range(begin, begin + 4):
            for place in (0, 1):
                key = f"{part}.main.{n}.main.{place}"
                shapes |= _block(key, wide, wide, 3)
    for name in ("foreground", "background"):
        for n in (0, 1):
            key = f"s_encoder.{name}.{n}.conv"
            shapes |= _layer(key, (wide, wide, 4, 4), wide)
        shapes |= _layer(f"s_encoder.{name}.3", (style, wide, 1, 1), style)
        key = f"decoder.{name[0]}_mlp.main"
        for n, (out, into) in enumerate(
            ((hidden, style), (hidden, hidden), (2 * wide, hidden))
        ):
            shapes |= _layer(f"{key}.{n}.fc", (out, into), out)
    for n in range(depth):
        shapes |= _block(f"mask.main.{n}", wide, wide, 3)
    shapes |= _layer(f"mask.main.{depth}.conv", (1, wide, 1, 1), 1)
    shapes |= _layer("mask.co_attn.main.0.fc", (2 * wide, wide), 2 * wide)
    shapes |= _layer("mask.co_attn.main.1.fc", (wide, 2 * wide), wide)
    shapes |= _block("decoder.main.5", 2 * f, wide, 5)
    shapes |= _block("decoder.main.7", f, 2 * f, 5)
    shapes |= _layer("decoder.main.8.conv", (3, f, 7, 7), 3)
    state = _random(shapes)
    for key in [key for key in state if key.endswith("running_mean")]:
        own = key.replace("running_mean", "num_batches_tracked")
        state[own] = np.array(7)
    state["decoder.main.8.conv.weight"] *= 0.1  # not all pixels white
    for key in state:
        if "s_encoder" in key or "_mlp" in key:
            # Nothing normalises a style, and a scale is its exponential.
            state[key] *= 0.3
        if tied and "s_encoder.background" in key:
            state[key] = state[key.replace("background", "foreground")]
    return state


def lomit_discriminator(f=2, layers=5, labels=3, kernel=2):
    """`Discriminator` of LOMIT: of 64 px, 5 layers leave 2x2."""
    shapes, before = {}, 3
    for n in range(layers):
        width = f * 2**n
        shapes |= _layer(f"main.{n}.conv", (width, before, 4, 4), width)
        before = width
    shapes |= _layer("conv1.conv", (1, before, 3, 3), 1)
    shapes |= _layer("conv2", (labels, before, kernel, kernel), labels)
    return _random(shapes)


def several(**networks):
    """One file of several networks, as safetensors can hold it."""
    return {
        f"{name}.{key}": array
        for name, state in networks.items()
        for key, array in state.items()
    }
