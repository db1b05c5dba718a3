"""Attention-guided translation in PyTorch, as its sheet describes it.

The first stage: everything learns, on whole images. Like `pytorch_cyclegan`, it
is written as a user would write it.
"""

import torch
from torch import nn
from torch.nn import functional

from benchmarks.pytorch_cyclegan import Adversaries


def _norm(channels):
    return nn.InstanceNorm2d(channels, affine=True)


class Halved(nn.Conv2d):
    """A 3x3 convolution of stride 2 with TensorFlow's padding."""

    def __init__(self, before, after):
        super().__init__(before, after, 3, stride=2)

    def forward(self, image):
        return super().forward(functional.pad(image, (0, 1, 0, 1)))


class Doubled(nn.ConvTranspose2d):
    """A 3x3 transposed convolution of stride 2, as TensorFlow crops it."""

    def __init__(self, before, after):
        super().__init__(before, after, 3, stride=2)

    def forward(self, image):
        height, width = image.shape[2:]
        return super().forward(image)[..., : 2 * height, : 2 * width]


class Residual(nn.Module):
    """Two 3x3 convolutions, each normalised; ReLU after the sum."""

    def __init__(self, channels, padding_mode):
        super().__init__()
        common = {"padding": 1, "padding_mode": padding_mode}
        self.body = nn.Sequential(
            nn.Conv2d(channels, channels, 3, **common),
            _norm(channels),
            nn.ReLU(inplace=True),
            nn.Conv2d(channels, channels, 3, **common),
            _norm(channels),
        )

    def forward(self, image):
        return functional.relu(image + self.body(image))


def _normalised(*layers):
    """Each layer, its normalisation and a ReLU."""
    for layer in layers:
        yield from (layer, _norm(layer.out_channels), nn.ReLU(inplace=True))


def generator(filters, blocks, upsampling="transposed"):
    """(B, 3, H, W) to the same in (-1, 1)."""
    widths = ((4 * filters, 2 * filters), (2 * filters, filters))
    doubling = []
    for before, after in widths:
        if upsampling == "resize":
            doubling += [nn.Upsample(scale_factor=2)]
            layer = nn.Conv2d(before, after, 3, padding=1)
        else:
            layer = Doubled(before, after)
        doubling += _normalised(layer)
    return nn.Sequential(
        *_normalised(
            nn.Conv2d(3, filters, 7, padding=3),
            Halved(filters, 2 * filters),
            Halved(2 * filters, 4 * filters),
        ),
        *(Residual(4 * filters, "zeros") for _ in range(blocks)),
        *doubling,
        nn.Conv2d(filters, 3, 3, padding=1),
        nn.Tanh(),
    )


def attention(filters, blocks):
    """(B, 3, H, W) to (B, 1, H, W) in (0, 1)."""
    reflect = {"padding_mode": "reflect"}
    double = nn.Upsample(scale_factor=2)
    return nn.Sequential(
        *_normalised(
            nn.Conv2d(3, filters, 7, stride=2, padding=3, **reflect),
            Halved(filters, 2 * filters),
        ),
        *(Residual(2 * filters, "reflect") for _ in range(blocks)),
        double,
        *_normalised(
            nn.Conv2d(2 * filters, 2 * filters, 3, padding=1, **reflect)
        ),
        double,
        *_normalised(nn.Conv2d(2 * filters, filters, 3, padding=1, **reflect)),
        nn.Conv2d(filters, 1, 7, padding=3, **reflect),
        nn.Sigmoid(),
    )


def discriminator(filters, strided_layers):
    """(B, 3, H, W) to (B, 1, h, w), unbounded."""
    layers, channels = [], 3
    for level in range(strided_layers + 1):
        width = filters * min(2**level, 8)
        stride = 2 if level < strided_layers else 1
        layers += [
            nn.Conv2d(channels, width, 4, stride, 1),
            _norm(width),
            nn.LeakyReLU(0.2, inplace=True),
        ]
        channels = width
    return nn.Sequential(*layers, nn.Conv2d(channels, 1, 4, padding=1))


class AttentionGuided(Adversaries):
    """The six networks and one training step of the first stage."""

    def __init__(self, config):
        super().__init__(
            config,
            [
                generator(config.filters, config.blocks, config.upsampling)
                for _ in "ab"
            ],
            [
                discriminator(
                    config.discriminator_filters, config.discriminator_layers
                )
                for _ in "ab"
            ],
            {
                # They learn with the generators.
                f"generator_attention_{domain}": attention(
                    config.attention_filters, config.attention_blocks
                )
                for domain in "ab"
            },
        )
        for network in self.networks.values():
            for module in network.modules():
                if isinstance(module, nn.InstanceNorm2d):
                    nn.init.normal_(module.weight, 1.0, 0.02)

    def blended(self, image, source, target):
        """The translation of an image, on its own background."""
        mask = self.networks[f"generator_attention_{source}"](image)
        translated = self.networks[f"generator_{source}_to_{target}"](image)
        # Under autocast the networks' results are bfloat16.
        return torch.lerp(image, translated.float(), mask.float())

    def generator_losses(self, real_a, real_b):
        """dict of unweighted terms, and translations by domain."""
        real, losses, fakes = {"a": real_a, "b": real_b}, {}, {}
        for source, target in ("ab", "ba"):
            fake = fakes[target] = self.blended(real[source], source, target)
            scores = self.networks[f"discriminator_{target}"](fake)
            losses[f"adversarial_{target}"] = (scores - 1.0).square().mean()
            losses[f"cycle_{source}"] = functional.l1_loss(
                self.blended(fake, target, source), real[source]
            )
        return losses, fakes
