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
