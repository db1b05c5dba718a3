"""pix2pix in PyTorch, as its sheet describes it, for comparison in benchmarks.

It is written as a user would write it: modules, eager execution. The
discriminator's parameters have no gradients in the generator's step.
"""

import torch
from torch import nn
from torch.nn import functional


def half(inputs, outputs, **options):
    """A 4x4 convolution of stride 2."""
    return nn.Conv2d(inputs, outputs, 4, 2, 1, **options)


def double(inputs, outputs, **options):
    """A transposed 4x4 convolution of stride 2."""
    return nn.ConvTranspose2d(inputs, outputs, 4, 2, 1, **options)


class UNet(nn.Module):
    """(B, 3, H, W) to the same in (-1, 1)."""

    def __init__(self, filters, levels, dropout):
        super().__init__()
        widths = [filters * min(2**level, 8) for level in range(levels)]
        pairs = list(zip(widths, widths[1:], strict=False))
        encoder = [half(3, filters, bias=False)]
        for before, after in pairs[:-1]:
            encoder.append(
                nn.Sequential(
                    nn.LeakyReLU(0.2),
                    half(before, after, bias=False),
                    nn.BatchNorm2d(after),
                )
            )
        innermost = half(*pairs[-1], bias=False)
        encoder.append(nn.Sequential(nn.LeakyReLU(0.2), innermost))
        decoder, channels = [], widths[-1]
        for level, (width, _) in enumerate(reversed(pairs)):
            layers = [
                nn.ReLU(),
                double(channels, width, bias=False),
                nn.BatchNorm2d(width),
            ]
            if 1 <= level < levels - 4:
                layers.append(nn.Dropout(dropout))
            decoder.append(nn.Sequential(*layers))
            channels = 2 * width
        self.encoder = nn.ModuleList(encoder)
        self.decoder = nn.ModuleList(decoder)
        self.last = nn.Sequential(nn.ReLU(), double(channels, 3), nn.Tanh())

    def forward(self, image):
        skipped = []
        for level in self.encoder:
            image = level(image)
            skipped.append(image)
        skipped.pop()
        for level in self.decoder:
            image = torch.cat([skipped.pop(), level(image)], 1)
        return self.last(image)


def discriminator(channels, filters, strided_layers):
    """The PatchGAN; (B, channels, H, W) to (B, 1, h, w), unbounded."""
    layers = [half(channels, filters), nn.LeakyReLU(0.2, inplace=True)]
    for level in range(strided_layers):
        before = filters * min(2**level, 8)
        after = filters * min(2 ** (level + 1), 8)
        stride = 2 if level + 1 < strided_layers else 1
        layers += [
            nn.Conv2d(before, after, 4, stride, 1, bias=False),
            nn.BatchNorm2d(after),
            nn.LeakyReLU(0.2, inplace=True),
        ]
    return nn.Sequential(*layers, nn.Conv2d(after, 1, 4, padding=1))


class Pix2Pix:
    """Both networks and one training step on (B, 3, H, W) pairs."""

    def __init__(self, config):
        self.config = config
        self.generator = UNet(config.filters, config.levels, config.dropout)
        self.discriminator = discriminator(
            6 if config.conditional else 3,
            config.discriminator_filters,
            config.discriminator_layers,
        )
        self.networks = {
            "generator": self.generator,
            "discriminator": self.discriminator,
        }
        self.optimizers = {
            player: torch.optim.Adam(
                self.parameters(player), lr=2e-4, betas=(0.5, 0.999)
            )
            for player in self.networks
        }

    def parameters(self, player):
        return list(self.networks[player].parameters())

    def _judge(self, image, output, truth):
        if self.config.conditional:
            output = torch.cat([image, output], 1)
        scores = self.discriminator(output)
        return functional.binary_cross_entropy_with_logits(
            scores, torch.full_like(scores, truth)
        )

    def discriminator_losses(self, image, real, fake):
        loss_fake = self._judge(image, fake.detach(), 0.0)
        return {
            "discriminator": 0.5 * (self._judge(image, real, 1.0) + loss_fake)
        }

    def generator_losses(self, image, real, fake):
        losses = {"adversarial": self._judge(image, fake, 1.0)}
        if self.config.l1_weight:
            losses["l1"] = functional.l1_loss(fake, real)
        return losses

    def translations(self, image):
        """What the generator makes of the images."""
        return self.generator(image)

    def train_step(self, image, real):
        """The discriminator's update, then the generator's."""
        fake = self.translations(image)
        everything = {}
        for player in ("discriminator", "generator"):
            self.discriminator.requires_grad_(player == "discriminator")
            losses = getattr(self, f"{player}_losses")(image, real, fake)
            self.optimizers[player].zero_grad()
            sum(
                getattr(self.config, f"{name}_weight", 1.0) * value
                for name, value in losses.items()
            ).backward()
            self.optimizers[player].step()
            everything |= losses
        for value in everything.values():  # a user logs them
            value.item()
