"""LOMIT in PyTorch, as its sheet describes it, for comparison in benchmarks.

It is written as a user would write it, like pytorch_stargan.py, and has the
same critic. Both directions go through the networks as one batch: B inputs,
then their B exemplars. Only batch normalisation treats them separately.
"""

import torch
from torch import nn
from torch.nn import functional

from benchmarks.pytorch_stargan import (
    AttributeDiscriminator,
    CriticTraining,
    Residual,
    cross_entropy,
    residual_encoder,
)

_REFLECT = {"padding_mode": "reflect"}


def layer_norm(channels):
    """Statistics of a whole image, a scale and an offset for each channel."""
    return nn.GroupNorm(1, channels)


def strided(channels, filters):
    """A 4x4 convolution of stride 2, and leaky ReLU."""
    layer = nn.Conv2d(channels, filters, 4, 2, 1, **_REFLECT)
    return [layer, nn.LeakyReLU(0.01, inplace=True)]


class StyleEncoder(nn.Module):
    """(B, 3, H, W) foreground and background to their (B, S) styles."""

    def __init__(self, filters, size):
        super().__init__()
        self.trunk = nn.Sequential(
            nn.Conv2d(3, filters, 7, 1, 3, **_REFLECT),
            nn.LeakyReLU(0.01, inplace=True),
            *strided(filters, 2 * filters),
            *strided(2 * filters, 4 * filters),
        )
        self.foreground, self.background = (
            nn.Sequential(
                *strided(4 * filters, 4 * filters),
                *strided(4 * filters, 4 * filters),
                nn.AdaptiveAvgPool2d(1),
                nn.Flatten(),
                nn.Linear(4 * filters, size),
            )
            for _ in range(2)
        )

    def forward(self, foreground, background):
        features = self.trunk(torch.cat([foreground, background]))
        inside, outside = features.chunk(2)
        return self.foreground(inside), self.background(outside)


class CoSegmentation(nn.Module):
    """Contents (B, C, h, w) and their partners' to masks (B, 1, h, w)."""

    def __init__(self, channels, depth):
        super().__init__()
        self.gate = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(channels, 2 * channels),
            nn.Tanh(),
            nn.Linear(2 * channels, channels),
            nn.Sigmoid(),
        )
        layers = []
        for _ in range(depth):
            layers += [
                nn.Conv2d(channels, channels, 3, 1, 1, **_REFLECT),
                nn.BatchNorm2d(channels),
                nn.ReLU(inplace=True),
            ]
        layers += [nn.Conv2d(channels, 1, 1), nn.Sigmoid()]
        self.attention = nn.Sequential(*layers)

    def forward(self, content, other, parts):
        gated = content * self.gate(other)[:, :, None, None]
        return torch.cat([self.attention(part) for part in gated.chunk(parts)])


class HighwayAdaIN(nn.Module):
    """Gives a content two styles: one inside of a mask, one outside of it."""

    def __init__(self, channels, style_size, hidden):
        super().__init__()
        self.foreground, self.background = (
            nn.Sequential(
                nn.Linear(style_size, hidden),
                nn.LeakyReLU(0.01),
                nn.Linear(hidden, hidden),
                nn.LeakyReLU(0.01),
                nn.Linear(hidden, 2 * channels),
            )
            for _ in range(2)
        )

    def forward(self, content, mask, foreground, background):
        offsets, logarithms = zip(
            self.foreground(foreground).chunk(2, 1),
            self.background(background).chunk(2, 1),
            strict=True,
        )
        scales = [torch.exp(0.5 * value) for value in logarithms]

        def blend(inside, outside):
            inside, outside = inside[..., None, None], outside[..., None, None]
            return outside + mask * (inside - outside)

        return functional.instance_norm(content) * blend(*scales) + blend(
            *offsets
        )


class Decoder(nn.Module):
    """Content, mask and two styles to (B, 3, H, W) in (-1, 1)."""

    def __init__(self, filters, blocks, style_size, hidden):
        super().__init__()
        self.highway = HighwayAdaIN(4 * filters, style_size, hidden)
        layers = [
            Residual(4 * filters, layer_norm, **_REFLECT) for _ in range(blocks)
        ]
        for width in (2 * filters, filters):
            layers += [
                nn.Upsample(scale_factor=2),
                nn.Conv2d(2 * width, width, 5, 1, 2, **_REFLECT),
                layer_norm(width),
                nn.ReLU(inplace=True),
            ]
        layers += [nn.Conv2d(filters, 3, 7, 1, 3, **_REFLECT), nn.Tanh()]
        self.layers = nn.Sequential(*layers)

    def forward(self, content, mask, foreground, background):
        return self.layers(self.highway(content, mask, foreground, background))


class Generator(nn.Module):
    """All networks except the discriminator."""

    def __init__(self, config):
        super().__init__()
        filters = config.filters
        self.content_encoder = nn.Sequential(
            *residual_encoder(3, filters, config.blocks, **_REFLECT)
        )
        self.style_encoder = StyleEncoder(filters, config.style_size)
        self.segmentation = CoSegmentation(4 * filters, config.mask_layers)
        self.decoder = Decoder(
            filters, config.blocks, config.style_size, config.style_hidden
        )

    def styles(self, images, masks):
        """Foreground and background styles of images."""
        attention = functional.interpolate(
            masks, size=images.shape[2:], mode="bilinear"
        )
        return self.style_encoder(
            attention * images, (1.0 - attention) * images
        )

    def exchange(self, images):
        """Content, masks, both styles and translations of 2B images."""
        content = self.content_encoder(images)
        masks = self.segmentation(content, swapped(content), 2)
        foreground, background = self.styles(images, masks)
        fake = self.decoder(content, masks, swapped(foreground), background)
        return content, masks, foreground, background, fake


def swapped(values):
    """The value of every example's partner: the halves change places."""
    return torch.cat(values.chunk(2)[::-1])


def mask_similarity(mask, units):
    """R1 in its sorted form, one number for each example.

    Args:
        mask: (B, 1, h, w).
        units: (B, h * w, C), the content's unit vectors, without gradient.
    """
    ranked, order = mask.flatten(1).sort(1)
    with torch.no_grad():
        places = order[..., None].expand_as(units)
        sums = units.gather(1, places).cumsum(1)
        across = (sums * (sums[:, -1:] - sums)).sum(2)[:, :-1]
    total = (ranked.diff(dim=1) * across).sum(1)
    return 2.0 * total / ranked.shape[1] ** 2


class LOMIT(CriticTraining):
    """Both players. A batch has 2B images and their attributes."""

    def __init__(self, config, image_size):
        super().__init__(
            config,
            Generator(config),
            AttributeDiscriminator(
                image_size,
                len(config.attributes),
                config.discriminator_filters,
                config.discriminator_layers,
                head_bias=True,
                **_REFLECT,
            ),
        )

    # Sums over both directions: twice the mean over 2B examples.

    def discriminator_losses(self, images, attributes):
        with torch.no_grad():
            *_, fake = self.generator.exchange(images)
        scores, logits = self.discriminator(torch.cat([images, fake]))
        real_scores, fake_scores = scores.chunk(2)
        entropy = cross_entropy(logits[: len(images)], attributes)
        return {
            "critic": 2.0 * (fake_scores.mean() - real_scores.mean()),
            "penalty": 2.0 * self.discriminator.penalty(images, fake),
            "classification_real": 2.0 * entropy,
        }

    def generator_losses(self, images, attributes):
        networks, l1 = self.generator, functional.l1_loss
        content, masks, foreground, background, fake = networks.exchange(images)
        again, again_masks, again_foreground, again_background, cycled = (
            networks.exchange(fake)
        )
        own_masks = networks.segmentation(content, content, 2)
        same = networks.decoder(content, own_masks, foreground, background)
        scores, logits = self.discriminator(fake)
        with torch.no_grad():
            units = functional.normalize(content, dim=1, eps=1e-8)
            units = units.flatten(2).transpose(1, 2)
        six = (masks, again_masks, own_masks)
        first, second = foreground.chunk(2)
        return {
            "adversarial": -2.0 * scores.mean(),
            "classification_fake": 2.0
            * cross_entropy(logits, swapped(attributes)),
            "style_foreground": 2.0 * l1(again_foreground, swapped(foreground)),
            "style_background": 2.0 * l1(again_background, background),
            "content": 2.0 * l1(again, content),
            "cycle": 2.0 * l1(cycled, images),
            "reconstruction": 2.0 * l1(same, images),
            "style_distance": -l1(first, second),
            "mask_similarity": 2.0
            * sum(mask_similarity(mask, units).mean() for mask in six),
            "mask_area": 2.0 * sum(mask.mean() for mask in six),
        }
