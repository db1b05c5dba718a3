"""Floating-point operations of a training step's convolutions.

A convolution needs 2 x output pixels x kernel pixels x input channels x filters
operations. A transposed convolution needs input pixels in place of output
pixels. Pixels of padding count like others. If gradients are needed, the
kernel's gradient and the input's gradient each need the same number. These do
not count, because no framework computes them: the input gradient of a network's
first layer if its input is an image of the data, and the kernel gradients of
discriminators in the generators' update. All other operations do not count.
"""


def _layer(pixels, kernel, channels, filters):
    return 2 * pixels * kernel * kernel * channels * filters


def generator_layers(size, config, last_kernel=7):
    """FLOPs of every convolution of a ResNet generator, in order."""
    pixels, f = size * size, config.filters
    up = 4 if config.upsampling == "resize" else 1
    return [
        _layer(pixels, 7, 3, f),
        _layer(pixels // 4, 3, f, 2 * f),
        _layer(pixels // 16, 3, 2 * f, 4 * f),
        *[_layer(pixels // 16, 3, 4 * f, 4 * f)] * (2 * config.blocks),
        _layer(up * pixels // 16, 3, 4 * f, 2 * f),
        _layer(up * pixels // 4, 3, 2 * f, f),
        _layer(pixels, last_kernel, f, 3),
    ]


def discriminator_layers(size, config):
    """FLOPs of every convolution of a PatchGAN of padding 1, in order."""
    layers, channels = [], 3
    for level in range(config.discriminator_layers + 1):
        filters = config.discriminator_filters * min(2**level, 8)
        strided = level < config.discriminator_layers
        size = size // 2 if strided else size - 1
        layers.append(_layer(size * size, 4, channels, filters))
        channels = filters
    return [*layers, _layer((size - 1) ** 2, 4, channels, 1)]


def attention_layers(size, config):
    """FLOPs of every convolution of an attention network, in order."""
    pixels, f = size * size, config.attention_filters
    kernels = (3, 3, 7) if config.attention_decoder == "paper" else (1, 1, 1)
    return [
        _layer(pixels // 4, 7, 3, f),
        _layer(pixels // 16, 3, f, 2 * f),
        *[_layer(pixels // 16, 3, 2 * f, 2 * f)]
        * (2 * config.attention_blocks),
        _layer(pixels // 4, kernels[0], 2 * f, 2 * f),
        _layer(pixels, kernels[1], 2 * f, f),
        _layer(pixels, kernels[2], f, 1),
    ]


def step_flops(method, size, batch_size, config, stage=1):
    """FLOPs of one training step, all players.

    CycleGAN has six passes of generators: two translations, two cycles, two
    identities. Attention-guided translation (joint update) has four passes of
    generators and four of attention networks. In stage 2 the attention networks
    are frozen: their kernels need no gradient, and their inputs need one only
    if they are translations. Both methods have two passes of discriminators for
    the generators and four for the discriminators.

    Args:
        method: "cyclegan" or "attention_guided".
        size: int, side of the images.
        batch_size: int.
        config: the method's config.
        stage: 1 or 2, of attention-guided.
    """
    judge = discriminator_layers(size, config)
    total = 2 * 2 * sum(judge) + 4 * 3 * sum(judge) - 4 * judge[0]
    if method == "cyclegan":
        generator = generator_layers(size, config)
        total += 6 * 3 * sum(generator) - 4 * generator[0]
    else:
        generator = generator_layers(size, config, config.generator_last_kernel)
        total += 4 * 3 * sum(generator) - 2 * generator[0]
        attention = attention_layers(size, config)
        if stage == 1:
            total += 4 * 3 * sum(attention) - 2 * attention[0]
        else:
            total += 2 * sum(attention) + 2 * 2 * sum(attention)
    return batch_size * total
