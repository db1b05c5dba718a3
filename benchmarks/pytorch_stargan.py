"""StarGAN in PyTorch, as its sheet describes it, for comparison in benchmarks.

It is written as a user would write it: modules, eager execution. The
generator has no graph in the critic's steps. The critic's parameters have no
gradients in the generator's steps.
"""

import torch
from torch import nn
from torch.nn import functional


def affine_instance_norm(channels):
    """Instance normalisation with scale and offset."""
    return nn.InstanceNorm2d(channels, affine=True)


class Residual(nn.Module):
    """Two 3x3 convolutions, each normalised, and a sum.

    Args:
        channels: int.
        norm: function of the channels that returns a layer.
        **options: arguments of `nn.Conv2d`.
    """

    def __init__(self, channels, norm, **options):
        super().__init__()
        options |= {"kernel_size": 3, "padding": 1}
        self.body = nn.Sequential(
            nn.Conv2d(channels, channels, **options),
            norm(channels),
            nn.ReLU(inplace=True),
            nn.Conv2d(channels, channels, **options),
            norm(channels),
        )

    def forward(self, image):
        return image + self.body(image)


def residual_encoder(
    channels, filters, blocks, norm=affine_instance_norm, **options
):
    """Layers from (B, channels, H, W) to features at a quarter of the size."""
    layers = []
    for width, kernel, stride, padding in (
        (filters, 7, 1, 3),
        (2 * filters, 4, 2, 1),
        (4 * filters, 4, 2, 1),
    ):
        layers += [
            nn.Conv2d(channels, width, kernel, stride, padding, **options),
            norm(width),
            nn.ReLU(inplace=True),
        ]
        channels = width
    layers += [Residual(channels, norm, **options) for _ in range(blocks)]
    return layers


class LabelGenerator(nn.Module):
    """(B, 3, H, W) and (B, K) to (B, 3, H, W) in (-1, 1)."""

    def __init__(self, attributes, filters, blocks):
        super().__init__()
        layers = residual_encoder(3 + attributes, filters, blocks, bias=False)
        for width in (2 * filters, filters):
            layers += [
                nn.ConvTranspose2d(2 * width, width, 4, 2, 1, bias=False),
                affine_instance_norm(width),
                nn.ReLU(inplace=True),
            ]
        layers += [nn.Conv2d(filters, 3, 7, 1, 3, bias=False), nn.Tanh()]
        self.layers = nn.Sequential(*layers)

    def forward(self, image, attributes):
        planes = attributes[:, :, None, None]
        planes = planes.expand(-1, -1, *image.shape[2:])
        return self.layers(torch.cat([image, planes], 1))


class AttributeDiscriminator(nn.Module):
    """(B, 3, H, W) to scores (B, 1, h, w) and logits (B, K).

    Args:
        image_size: int.
        attributes: int, K.
        filters: int, channels of the first layer.
        strided_layers: int.
        head_bias: bool, both heads have a bias.
        padding_mode: str, see `nn.Conv2d`, of all layers except the classifier.
    """

    def __init__(
        self,
        image_size,
        attributes,
        filters,
        strided_layers,
        *,
        head_bias=False,
        padding_mode="zeros",
    ):
        super().__init__()
        layers, channels = [], 3
        for level in range(strided_layers):
            width = filters * 2**level
            layers += [
                nn.Conv2d(channels, width, 4, 2, 1, padding_mode=padding_mode),
                nn.LeakyReLU(0.01, inplace=True),
            ]
            channels = width
        self.trunk = nn.Sequential(*layers)
        self.scores = nn.Conv2d(
            channels, 1, 3, 1, 1, bias=head_bias, padding_mode=padding_mode
        )
        left = image_size // 2**strided_layers
        self.logits = nn.Conv2d(channels, attributes, left, bias=head_bias)

    def forward(self, image):
        features = self.trunk(image)
        return self.scores(features), self.logits(features).flatten(1)

    # `torch.compile` has no gradient of a gradient.
    @torch.compiler.disable
    def penalty(self, real, fake):
        """Mean of (slope between real and fake images - 1)^2."""
        mix = torch.rand(len(real), 1, 1, 1)
        between = (mix * real + (1.0 - mix) * fake).requires_grad_()
        scores = self.scores(self.trunk(between))
        (slope,) = torch.autograd.grad(scores.sum(), between, create_graph=True)
        return (slope.flatten(1).norm(dim=1) - 1.0).square().mean()


# PyTorch 2.13 fails to compile it.
@torch.compiler.disable
def shuffled(rows):
    """The rows of a tensor in a random order."""
    return rows[torch.randperm(len(rows))]


def cross_entropy(logits, attributes):
    """Sum over attributes, mean over the batch."""
    total = functional.binary_cross_entropy_with_logits(
        logits, attributes, reduction="sum"
    )
    return total / len(logits)


class CriticTraining:
    """A generator, its critic and their updates.

    A method defines `discriminator_losses` and `generator_losses`: functions
    of a batch that return a dict of unweighted terms.
    """

    def __init__(self, config, generator, discriminator):
        self.config = config
        self.generator, self.discriminator = generator, discriminator
        self.networks = {"generator": generator, "discriminator": discriminator}
        self.optimizers = {
            player: torch.optim.Adam(
                self.parameters(player), lr=1e-4, betas=(0.5, 0.999)
            )
            for player in ("generator", "discriminator")
        }

    def parameters(self, player):
        return list(self.networks[player].parameters())

    def _update(self, player, terms):
        total = 0.0
        for name, value in terms.items():
            kind = name.removesuffix("_real").removesuffix("_fake")
            weight = getattr(self.config, f"{kind}_weight", 1.0)
            total = total + weight * value
        self.optimizers[player].zero_grad()
        total.backward()
        self.optimizers[player].step()
        for value in terms.values():  # a user logs them
            value.item()

    def train_step(self, image, attributes, generator_too):
        """One update of the critic, and in some steps one of the generator."""
        self.discriminator.requires_grad_(True)
        losses = self.discriminator_losses(image, attributes)
        self._update("discriminator", losses)
        if generator_too:
            self.discriminator.requires_grad_(False)
            losses = self.generator_losses(image, attributes)
            self._update("generator", losses)


class StarGAN(CriticTraining):
    """Both networks. A batch is (B, 3, H, W) images and (B, K) attributes."""

    def __init__(self, config, image_size):
        count = len(config.attributes)
        super().__init__(
            config,
            LabelGenerator(count, config.filters, config.blocks),
            AttributeDiscriminator(
                image_size,
                count,
                config.discriminator_filters,
                config.discriminator_layers,
            ),
        )

    def discriminator_losses(self, image, attributes):
        target = shuffled(attributes)
        with torch.no_grad():
            fake = self.generator(image, target)
        scores, logits = self.discriminator(torch.cat([image, fake]))
        real_scores, fake_scores = scores.chunk(2)
        return {
            "critic": fake_scores.mean() - real_scores.mean(),
            "penalty": self.discriminator.penalty(image, fake),
            "classification_real": cross_entropy(
                logits[: len(image)], attributes
            ),
        }

    def generator_losses(self, image, attributes):
        target = shuffled(attributes)
        fake = self.generator(image, target)
        scores, logits = self.discriminator(fake)
        again = self.generator(fake, attributes)
        return {
            "adversarial": -scores.mean(),
            "classification_fake": cross_entropy(logits, target),
            "cycle": functional.l1_loss(again, image),
        }
