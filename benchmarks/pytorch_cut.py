"""CUT in PyTorch, as its page describes it, for comparison in benchmarks.

It is written as a user would write it: modules, eager execution. Both
players use one translation. The features of its encoder are the keys (the
published code computes them again). The discriminator's parameters have no
gradients in the generator's step. Nothing is mirrored, as FastCUT does.
"""

import torch
from torch import nn
from torch.nn import functional

from benchmarks.pytorch_cyclegan import Residual
from benchmarks.pytorch_rounds import Rounds
from benchmarks.pytorch_ugatit import off_by


class Halved(nn.Module):
    """Blurs with [1, 2, 1] / 4, reflected, and takes every second pixel."""

    def __init__(self, channels):
        super().__init__()
        taps = torch.tensor([1.0, 2.0, 1.0]) / 4.0
        taps = torch.outer(taps, taps).expand(channels, 1, 3, 3)
        self.register_buffer("taps", taps.contiguous())

    def forward(self, features):
        padded = functional.pad(features, [1] * 4, mode="reflect")
        return functional.conv2d(
            padded, self.taps, stride=2, groups=len(self.taps)
        )


def normalized(convolution):
    """A convolution of the generator with its normalisation and ReLU."""
    width = convolution.out_channels
    return [convolution, nn.InstanceNorm2d(width), nn.ReLU(inplace=True)]


class Generator(nn.Module):
    """(B, 3, H, W) to the same in (-1, 1)."""

    def __init__(self, filters, blocks):
        super().__init__()
        layers = [
            nn.ReflectionPad2d(3),
            *normalized(nn.Conv2d(3, filters, 7)),
        ]
        widths = (filters, 2 * filters, 4 * filters)
        for before, after in zip(widths, widths[1:], strict=False):
            layers += [
                *normalized(nn.Conv2d(before, after, 3, padding=1)),
                Halved(after),
            ]
        layers += [Residual(widths[-1]) for _ in range(blocks)]
        self.encoder = nn.ModuleList(layers)
        layers = []
        for after, before in zip(widths[-2::-1], widths[::-1], strict=False):
            layers += [
                nn.Upsample(scale_factor=2, mode="bilinear"),
                *normalized(nn.Conv2d(before, after, 3, padding=1)),
            ]
        last = nn.Conv2d(filters, 3, 7)
        self.decoder = nn.Sequential(
            *layers, nn.ReflectionPad2d(3), last, nn.Tanh()
        )

    def encode(self, image, layers, stop=None):
        """The last layer's output, and a list of the outputs of `layers`."""
        maps = []
        for number, layer in enumerate(self.encoder[:stop]):
            image = layer(image)
            if number in layers:
                maps.append(image)
        return image, maps

    def features(self, image, layers):
        """The outputs of `layers`. Later layers are not computed."""
        return self.encode(image, layers, layers[-1] + 1)[1]

    def forward(self, image, layers):
        features, maps = self.encode(image, layers)
        return self.decoder(features), maps


def discriminator(filters, strided_layers):
    """(B, 3, H, W) to (B, 1, h, w), unbounded."""
    layers, before = [], 3
    for level in range(strided_layers + 1):
        after = filters * min(2**level, 8)
        layers += [nn.Conv2d(before, after, 4, padding=1)]
        if level:
            layers += [nn.InstanceNorm2d(after)]
        layers += [nn.LeakyReLU(0.2, inplace=True)]
        if level < strided_layers:
            layers += [Halved(after)]
        before = after
    return nn.Sequential(*layers, nn.Conv2d(before, 1, 4, padding=1))


class Projection(nn.Module):
    """Vectors of feature maps at some places, after two dense layers."""

    def __init__(self, widths, units):
        super().__init__()
        self.layers = nn.ModuleList(
            nn.Sequential(
                nn.Linear(width, units), nn.ReLU(), nn.Linear(units, units)
            )
            for width in widths
        )

    def forward(self, features, places):
        """List of (B, C, h, w), and of (N,), to a list of (B, N, units)."""
        vectors = []
        for maps, chosen, layers in zip(
            features, places, self.layers, strict=True
        ):
            rows = maps.permute(0, 2, 3, 1).flatten(1, 2)[:, chosen]
            rows = layers(rows)
            vectors.append(rows / (rows.norm(dim=2, keepdim=True) + 1e-7))
        return vectors


def contrast(queries, keys, temperature):
    """(B,) cross-entropy: each query should find its own key."""
    logits = queries @ keys.transpose(1, 2) / temperature
    own = torch.arange(logits.shape[1]).expand(logits.shape[:2])
    return functional.cross_entropy(
        logits.transpose(1, 2), own, reduction="none"
    ).mean(1)


class CUT(Rounds):
    """The three networks and one training step on (B, 3, H, W) batches."""

    def __init__(self, config):
        generator = Generator(config.filters, config.blocks)
        with torch.no_grad():
            # The channels of the layers' maps.
            _, maps = generator.encode(
                torch.zeros(1, 3, 16, 16), config.nce_layers
            )
        networks = {
            "generator": generator,
            "generator_projection": Projection(
                [features.shape[1] for features in maps],
                config.projection_units,
            ),
            "discriminator": discriminator(
                config.discriminator_filters, config.discriminator_layers
            ),
        }
        super().__init__(config, networks)

    def translations(self, inputs):
        """What the generator makes of the images, and its layers' maps."""
        return self.networks["generator"](inputs, self.config.nce_layers)

    def train_step(self, real_a, real_b):
        """The discriminator's update, then the generator's."""
        inputs = torch.cat([real_a, real_b])
        super().train_step(inputs, real_b, *self.translations(inputs))

    def discriminator_losses(self, inputs, real_b, outputs, keys):
        """dict of unweighted terms."""
        judge = self.networks["discriminator"]
        fake, _ = outputs.detach().chunk(2)
        return {
            "discriminator": 0.5
            * (off_by(judge(real_b), 1.0) + off_by(judge(fake), 0.0))
        }

    def generator_losses(self, inputs, real_b, outputs, keys):
        """dict of unweighted terms."""
        config = self.config
        queries = self.networks["generator"].features(
            outputs, config.nce_layers
        )
        places = [
            torch.randperm(maps[0, 0].numel())[: config.patches]
            for maps in queries
        ]
        project = self.networks["generator_projection"]
        with torch.no_grad():
            keys = project(keys, places)
        there = sum(
            contrast(*pair, config.temperature)
            for pair in zip(project(queries, places), keys, strict=True)
        ) / len(places)
        fake, _ = outputs.chunk(2)
        nce, same = there.chunk(2)
        return {
            "adversarial": off_by(self.networks["discriminator"](fake), 1.0),
            "nce": nce.mean(),
            "nce_identity": same.mean(),
        }

    def weight(self, player, name):
        """The weight of a player's term."""
        if player == "discriminator":
            return 1.0
        if name == "adversarial":
            return self.config.adversarial_weight
        return 0.5 * self.config.nce_weight
