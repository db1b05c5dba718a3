"""InstaGAN in PyTorch, as its sheet describes it, for comparison in benchmarks.

It is written as a user would write it: modules, eager execution,
spectral normalisation by PyTorch's own parametrisation. The instances of one
image are a batch of masks. A batch has one image, as in the authors' code.
"""

import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils.parametrizations import spectral_norm

from benchmarks.pytorch_cyclegan import Adversaries, decoder, encoder


class Generator(nn.Module):
    """(1, 3, H, W) image and (N, 1, H, W) masks to the translations of both."""

    def __init__(self, filters, blocks):
        super().__init__()
        self.image_encoder = encoder(3, filters, blocks)
        self.mask_encoder = encoder(1, filters, blocks)
        self.image_decoder = decoder(8 * filters, 4 * filters, 3)
        self.mask_decoder = decoder(12 * filters, 6 * filters, 1)

    def forward(self, image, masks):
        features, own = self.image_encoder(image), self.mask_encoder(masks)
        scene = torch.cat([features, own.sum(0, keepdim=True)], 1)
        around = scene.expand(len(masks), -1, -1, -1)
        outlines = self.mask_decoder(torch.cat([own, around], 1))
        return self.image_decoder(scene), outlines


def patch_features(channels, filters, strided_layers):
    """The strided layers of a discriminator."""
    layers = []
    for level in range(strided_layers):
        width = filters * min(2**level, 8)
        layers += [spectral_norm(nn.Conv2d(channels, width, 4, 2, 1))]
        layers += [nn.InstanceNorm2d(width)] if level else []
        layers += [nn.LeakyReLU(0.2)]
        channels = width
    return nn.Sequential(*layers)


class Discriminator(nn.Module):
    """(1, 3, H, W) and (N, 1, H, W) to (1, 1, h, w), unbounded."""

    def __init__(self, filters, strided_layers):
        super().__init__()
        self.image_features = patch_features(3, filters, strided_layers)
        self.mask_features = patch_features(1, filters, strided_layers)
        last = filters * min(2 ** (strided_layers - 1), 8)
        self.scores = nn.Sequential(
            spectral_norm(nn.Conv2d(2 * last, 4 * last, 4, 1, 1)),
            nn.InstanceNorm2d(4 * last),
            nn.LeakyReLU(0.2),
            spectral_norm(nn.Conv2d(4 * last, 1, 4, 1, 1)),
        )

    def forward(self, image, masks):
        own = self.mask_features(masks).sum(0, keepdim=True)
        return self.scores(torch.cat([self.image_features(image), own], 1))


class InstaGAN(Adversaries):
    """The four networks and one sequential mini-batch."""

    def __init__(self, config):
        generators = [Generator(config.filters, config.blocks) for _ in "ab"]
        discriminators = [
            Discriminator(
                config.discriminator_filters, config.discriminator_layers
            )
            for _ in "ab"
        ]
        super().__init__(config, generators, discriminators)

    def generator_losses(self, sides):
        """dict of unweighted terms, and translations by target domain."""
        losses, fakes = {}, {}
        for source, target in ("ab", "ba"):
            there = self.networks[f"generator_{source}_to_{target}"]
            back = self.networks[f"generator_{target}_to_{source}"]
            image, masks, done = sides[source]
            fake, outlines = there(image, masks)
            shown = torch.cat([done, outlines])
            fakes[target] = fake, outlines, shown
            score = self.networks[f"discriminator_{target}"](fake, shown)
            losses[f"adversarial_{target}"] = (score - 1.0).square().mean()
            losses[f"cycle_{source}"] = _difference(
                back(fake, outlines), (image, masks)
            )
            losses[f"identity_{source}"] = _difference(
                back(image, masks), (image, masks)
            )
            union = (torch.cat([masks, outlines]) + 1.0).sum(0) / 2.0
            background = 1.0 - union.clamp(0.0, 1.0)
            losses[f"context_{source}"] = (
                background * (fake - image).abs()
            ).mean()
        return losses, fakes

    def discriminator_loss(self, domain, real, fake):
        judge = self.networks[f"discriminator_{domain}"]
        image, masks = (tensor.detach() for tensor in fake)
        stacked = torch.cat([image, masks.transpose(0, 1)], 1)
        stacked = self.pools[domain].query(stacked)
        score_real = judge(*real)
        score_fake = judge(stacked[:, :3], stacked[:, 3:].transpose(0, 1))
        return 0.5 * (
            (score_real - 1.0).square().mean() + score_fake.square().mean()
        )

    def train_step(self, real):
        """One step on a dict of domain to (image, masks)."""
        per_step = self.config.instances_per_step
        sides = {
            domain: (image, masks[:per_step], masks[:0])
            for domain, (image, masks) in real.items()
        }
        count = max(len(masks) for _, masks in real.values())
        for first in range(0, count, per_step):
            fakes = self.update(
                lambda sides=sides: self.generator_losses(sides),
                lambda domain, fake: self.discriminator_loss(
                    domain, real[domain], (fake[0], fake[2])
                ),
            )
            later = slice(first + per_step, first + 2 * per_step)
            sides = {
                source: (
                    fakes[target][0].detach(),
                    real[source][1][later],
                    fakes[target][2].detach(),
                )
                for source, target in ("ab", "ba")
            }


def _difference(output, wanted):
    """Mean absolute difference of image and masks together."""
    output, wanted = (
        torch.cat([image, masks.transpose(0, 1)], 1)
        for image, masks in (output, wanted)
    )
    return functional.l1_loss(output, wanted)
