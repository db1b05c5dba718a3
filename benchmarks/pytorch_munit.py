"""MUNIT in PyTorch, as its sheet describes it, for comparison in benchmarks.

It is written as a user would write it: modules, eager execution. The
discriminators' fakes are made without gradients. The discriminators' parameters
have no gradients in the generators' step. There is no perceptual loss. In the
benchmark neither side has weight decay.
"""

import torch
from torch import nn
from torch.nn import functional

from benchmarks.pytorch_rounds import Rounds
from benchmarks.pytorch_stargan import residual_encoder
from benchmarks.pytorch_ugatit import (
    AdaptiveResidual,
    off_by,
    reflected,
    upsampling_decoder,
)


class AdaIN(nn.Module):
    """Instance normalisation with a scale and an offset that are given."""

    def __init__(self, channels):
        super().__init__()

    def forward(self, features, scale, offset):
        # The channels of all examples become the channels of one example. So
        # one kernel is enough.
        shape = features.shape
        normalized = functional.batch_norm(
            features.reshape(1, -1, *shape[2:]),
            None,
            None,
            scale.reshape(-1),
            offset.reshape(-1),
            training=True,
        )
        return normalized.reshape(shape)


class LayerNorm(nn.Module):
    """Statistics of a whole image: deviation plus epsilon, unbiased."""

    def __init__(self, channels):
        super().__init__()
        self.gamma = nn.Parameter(torch.rand(channels))
        self.beta = nn.Parameter(torch.zeros(channels))

    def forward(self, features):
        deviation, mean = torch.std_mean(features, (1, 2, 3), keepdim=True)
        scale, offset = (
            values[:, None, None] for values in (self.gamma, self.beta)
        )
        return (features - mean) / (deviation + 1e-5) * scale + offset


def style_encoder(filters, size):
    """(B, 3, H, W) to (B, size)."""
    layers, before = [], 3
    for after, side, stride in (
        (filters, 7, 1),
        (2 * filters, 4, 2),
        *[(4 * filters, 4, 2)] * 3,
    ):
        layers += [
            reflected(before, after, side, stride, bias=True),
            nn.ReLU(inplace=True),
        ]
        before = after
    return nn.Sequential(
        *layers,
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(before, size),
    )


class Generator(nn.Module):
    """The auto-encoder of a domain."""

    def __init__(self, filters, blocks, style_size, style_hidden):
        super().__init__()
        channels = 4 * filters
        self.content_encoder = nn.Sequential(
            *residual_encoder(
                3, filters, blocks, nn.InstanceNorm2d, padding_mode="reflect"
            )
        )
        self.style_encoder = style_encoder(filters, style_size)
        self.style_layers = nn.Sequential(
            nn.Linear(style_size, style_hidden),
            nn.ReLU(inplace=True),
            nn.Linear(style_hidden, style_hidden),
            nn.ReLU(inplace=True),
            nn.Linear(style_hidden, 2 * 2 * blocks * channels),
        )
        self.blocks = nn.ModuleList(
            AdaptiveResidual(channels, AdaIN, bias=True) for _ in range(blocks)
        )
        self.decoder = upsampling_decoder(channels, 5, LayerNorm, bias=True)

    def encode(self, image):
        """(B, C, h, w) content and (B, S) style."""
        return self.content_encoder(image), self.style_encoder(image)

    def decode(self, content, style):
        """(B, 3, 4h, 4w) in (-1, 1)."""
        # The offset of each normalisation comes before its scale.
        pairs = self.style_layers(style).chunk(2 * len(self.blocks), 1)
        pairs = [pair.chunk(2, 1)[::-1] for pair in pairs]
        for number, block in enumerate(self.blocks):
            content = block(content, *pairs[2 * number : 2 * number + 2])
        return self.decoder(content)


class Discriminator(nn.Module):
    """(B, 3, H, W) to a list of (B, 1, h, w), one for each scale."""

    def __init__(self, filters, strided_layers, scales):
        super().__init__()
        self.smaller = nn.AvgPool2d(3, 2, 1, count_include_pad=False)
        self.heads = nn.ModuleList()
        for _ in range(scales):
            layers, before = [], 3
            for level in range(strided_layers):
                after = filters * 2**level
                layers += [
                    reflected(before, after, 4, 2, bias=True),
                    nn.LeakyReLU(0.2, inplace=True),
                ]
                before = after
            self.heads.append(nn.Sequential(*layers, nn.Conv2d(before, 1, 1)))

    def forward(self, image):
        scores = []
        for number, head in enumerate(self.heads):
            if number:
                image = self.smaller(image)
            scores.append(head(image))
        return scores


class MUNIT(Rounds):
    """The four networks and one training step on (B, 3, H, W) batches."""

    def __init__(self, config):
        generator = (
            config.filters,
            config.blocks,
            config.style_size,
            config.style_hidden,
        )
        discriminator = (
            config.discriminator_filters,
            config.discriminator_layers,
            config.discriminator_scales,
        )
        networks = {}
        for domain in "ab":
            networks[f"generator_{domain}"] = Generator(*generator)
            networks[f"discriminator_{domain}"] = Discriminator(*discriminator)
        super().__init__(config, networks)

    def drawn_styles(self, count):
        """dict of domain to the (B, S) styles of the translations into it."""
        return {
            domain: torch.randn(count, self.config.style_size)
            for domain in "ab"
        }

    def discriminator_losses(self, real_a, real_b):
        """dict of unweighted terms."""
        drawn = self.drawn_styles(len(real_a))
        losses = {}
        for source, target, here, there in (
            ("a", "b", real_a, real_b),
            ("b", "a", real_b, real_a),
        ):
            with torch.no_grad():
                content = self.networks[f"generator_{source}"].content_encoder(
                    here
                )
                fake = self.networks[f"generator_{target}"].decode(
                    content, drawn[target]
                )
            judge = self.networks[f"discriminator_{target}"]
            losses[f"discriminator_{target}"] = 0.5 * sum(
                off_by(good, 1.0) + off_by(bad, 0.0)
                for good, bad in zip(judge(there), judge(fake), strict=True)
            )
        return losses

    def generator_losses(self, real_a, real_b):
        """dict of unweighted terms."""
        real = {"a": real_a, "b": real_b}
        drawn = self.drawn_styles(len(real_a))
        generators = {d: self.networks[f"generator_{d}"] for d in "ab"}
        codes = {d: generators[d].encode(real[d]) for d in "ab"}
        losses, l1 = {}, functional.l1_loss
        for source, target in ("ab", "ba"):
            here, (content, style) = real[source], codes[source]
            same = generators[source].decode(content, style)
            fake = generators[target].decode(content, drawn[target])
            again, again_style = generators[target].encode(fake)
            losses |= {
                f"reconstruction_{source}": l1(same, here),
                f"content_{source}": l1(again, content),
                f"style_{target}": l1(again_style, drawn[target]),
                f"adversarial_{target}": sum(
                    off_by(scores, 1.0)
                    for scores in self.networks[f"discriminator_{target}"](fake)
                ),
            }
            if self.config.cycle_weight:
                cycled = generators[source].decode(again, style)
                losses[f"cycle_{source}"] = l1(cycled, here)
        return losses

    def weight(self, player, name):
        """The weight of a player's term."""
        if player == "discriminator":
            return 2.0 * self.config.adversarial_weight
        return getattr(self.config, f"{name[:-2]}_weight")
