"""CycleGAN in PyTorch, as its sheet describes it, for comparison in benchmarks.

It is written as a user would write it: modules, eager execution, one
Adam for both generators and one for both discriminators.
"""

import random

import torch
from torch import nn
from torch.nn import functional


class Residual(nn.Module):
    """Two reflect-padded 3x3 convolutions, each normalised, and a sum."""

    def __init__(self, channels):
        super().__init__()
        self.body = nn.Sequential(
            nn.ReflectionPad2d(1),
            nn.Conv2d(channels, channels, 3),
            nn.InstanceNorm2d(channels),
            nn.ReLU(inplace=True),
            nn.ReflectionPad2d(1),
            nn.Conv2d(channels, channels, 3),
            nn.InstanceNorm2d(channels),
        )

    def forward(self, image):
        return image + self.body(image)


def encoder(channels, filters, blocks):
    """(B, channels, H, W) to features at a quarter of the size."""
    widths = (filters, 2 * filters, 4 * filters)
    layers = [nn.ReflectionPad2d(3), nn.Conv2d(channels, filters, 7)]
    layers += [nn.InstanceNorm2d(filters), nn.ReLU(inplace=True)]
    for before, after in zip(widths, widths[1:], strict=False):
        layers += [
            nn.Conv2d(before, after, 3, stride=2, padding=1),
            nn.InstanceNorm2d(after),
            nn.ReLU(inplace=True),
        ]
    layers += [Residual(widths[-1]) for _ in range(blocks)]
    return nn.Sequential(*layers)


def decoder(features, filters, channels, upsampling="transposed"):
    """Features to (B, channels, H, W) in (-1, 1), four times as large."""
    widths = (features, filters, filters // 2)
    layers = []
    for before, after in zip(widths, widths[1:], strict=False):
        if upsampling == "resize":
            layers += [nn.Upsample(scale_factor=2), nn.ReflectionPad2d(1)]
            layers += [nn.Conv2d(before, after, 3)]
        else:
            layers += [
                nn.ConvTranspose2d(
                    before, after, 3, stride=2, padding=1, output_padding=1
                )
            ]
        layers += [
            nn.InstanceNorm2d(after),
            nn.ReLU(inplace=True),
        ]
    last = nn.Conv2d(widths[-1], channels, 7)
    return nn.Sequential(*layers, nn.ReflectionPad2d(3), last, nn.Tanh())


def generator(filters, blocks, upsampling="transposed"):
    """The ResNet generator; (B, 3, H, W) to the same in (-1, 1)."""
    return nn.Sequential(
        encoder(3, filters, blocks),
        decoder(4 * filters, 2 * filters, 3, upsampling),
    )


def discriminator(filters, strided_layers=3):
    """The PatchGAN; (B, 3, H, W) to (B, 1, h, w), unbounded.

    With three strided layers a score sees 70x70 pixels.
    """
    layers = [nn.Conv2d(3, filters, 4, stride=2, padding=1)]
    layers += [nn.LeakyReLU(0.2, inplace=True)]
    width = filters
    for level in range(1, strided_layers + 1):
        before, width = width, filters * min(2**level, 8)
        stride = 2 if level < strided_layers else 1
        layers += [
            nn.Conv2d(before, width, 4, stride, 1),
            nn.InstanceNorm2d(width),
            nn.LeakyReLU(0.2, inplace=True),
        ]
    layers += [nn.Conv2d(width, 1, 4, padding=1)]
    return nn.Sequential(*layers)


class ImagePool:
    """The last translations. Half of the answers are drawn from them."""

    def __init__(self, size):
        self.size = size
        self.images = []

    # A pool that grows would be compiled again at each step.
    @torch.compiler.disable
    def query(self, images):
        answers = []
        for image in images:
            if len(self.images) < self.size:
                self.images.append(image.clone())
                answers.append(image)
            elif self.size and random.random() > 0.5:
                slot = random.randrange(self.size)
                answers.append(self.images[slot])
                self.images[slot] = image.clone()
            else:
                answers.append(image)
        return torch.stack(answers)


class Adversaries:
    """Two generators, two discriminators, and their update.

    A subclass has `generator_losses`, a function of two batches that returns a
    dict of unweighted terms, and a dict of domain to translation.

    Args:
        config: the method's config.
        generators: modules, from a to b and from b to a.
        discriminators: modules, of a and of b.
        more: dict of name to module. The first word of a name says with which
            networks it learns.
    """

    def __init__(self, config, generators, discriminators, more=None):
        self.config = config
        self.networks = {
            "generator_a_to_b": generators[0],
            "generator_b_to_a": generators[1],
            "discriminator_a": discriminators[0],
            "discriminator_b": discriminators[1],
        } | (more or {})
        for network in self.networks.values():
            for name, parameter in network.named_parameters():
                if name.endswith("bias"):
                    nn.init.zeros_(parameter)
                else:
                    nn.init.normal_(parameter, 0.0, 0.02)
        self.generator_optimizer = self._adam("generator")
        self.discriminator_optimizer = self._adam("discriminator")
        self.pools = {domain: ImagePool(config.pool_size) for domain in "ab"}

    def parameters(self, player):
        return [
            parameter
            for name, network in self.networks.items()
            if name.startswith(player)
            for parameter in network.parameters()
        ]

    def _adam(self, player):
        return torch.optim.Adam(
            self.parameters(player), lr=2e-4, betas=(0.5, 0.999)
        )

    def update(self, generator_losses, discriminator_loss):
        """One update of all networks.

        Args:
            generator_losses: function that returns a dict of unweighted
                terms and a dict of target domain to translation.
            discriminator_loss: function of a domain and its translation.

        Returns:
            The translations.
        """
        for parameter in self.parameters("discriminator"):
            parameter.requires_grad_(False)
        losses, fakes = generator_losses()
        total = sum(
            getattr(self.config, f"{name[:-2]}_weight") * value
            for name, value in losses.items()
        )
        self.generator_optimizer.zero_grad()
        total.backward()
        self.generator_optimizer.step()

        for parameter in self.parameters("discriminator"):
            parameter.requires_grad_(True)
        for domain, fake in fakes.items():
            losses[f"discriminator_{domain}"] = discriminator_loss(domain, fake)
        self.discriminator_optimizer.zero_grad()
        (losses["discriminator_a"] + losses["discriminator_b"]).backward()
        self.discriminator_optimizer.step()
        for value in losses.values():  # a user logs them
            value.item()
        return fakes

    def discriminator_loss(self, domain, real, fake):
        judge = self.networks[f"discriminator_{domain}"]
        fake = self.pools[domain].query(fake.detach())
        score_real, score_fake = judge(real), judge(fake)
        return 0.5 * (
            (score_real - 1.0).square().mean() + score_fake.square().mean()
        )

    def train_step(self, real_a, real_b):
        """One step on two (B, 3, H, W) batches."""
        real = {"a": real_a, "b": real_b}
        self.update(
            lambda: self.generator_losses(real_a, real_b),
            lambda domain, fake: self.discriminator_loss(
                domain, real[domain], fake
            ),
        )


class CycleGAN(Adversaries):
    """The four networks and one training step."""

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
        )

    def generator_losses(self, real_a, real_b):
        """dict of unweighted terms, and translations by domain."""
        a_to_b = self.networks["generator_a_to_b"]
        b_to_a = self.networks["generator_b_to_a"]
        fake_b, fake_a = a_to_b(real_a), b_to_a(real_b)
        score_a = self.networks["discriminator_a"](fake_a)
        score_b = self.networks["discriminator_b"](fake_b)
        losses = {
            "adversarial_a": (score_a - 1.0).square().mean(),
            "adversarial_b": (score_b - 1.0).square().mean(),
            "cycle_a": functional.l1_loss(b_to_a(fake_b), real_a),
            "cycle_b": functional.l1_loss(a_to_b(fake_a), real_b),
            "identity_a": functional.l1_loss(b_to_a(real_a), real_a),
            "identity_b": functional.l1_loss(a_to_b(real_b), real_b),
        }
        return losses, {"a": fake_a, "b": fake_b}
