"""U-GAT-IT in PyTorch, as its sheet describes it, for comparison in benchmarks.

It is written as a user would write it: modules, eager execution. The
discriminators' fakes are made without gradients (the published code computes
gradients and does not use them). The discriminators' parameters have no
gradients in the generators' step. In the benchmark neither side has weight
decay.
"""

import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils.parametrizations import spectral_norm

from benchmarks.pytorch_cyclegan import Residual
from benchmarks.pytorch_rounds import Rounds


def reflected(inputs, outputs, size, stride=1, bias=False):
    """A convolution padded by reflection."""
    return nn.Conv2d(
        inputs,
        outputs,
        size,
        stride,
        (size - 1) // 2,
        bias=bias,
        padding_mode="reflect",
    )


def without_bias(module):
    """The same module. Its convolutions have no biases."""
    for part in module.modules():
        if isinstance(part, nn.Conv2d):
            part.bias = None
    return module


def mixed(features, rho):
    """A mixture of instance and layer normalisation, of unbiased variances."""

    def normalized(axes):
        variance, mean = torch.var_mean(features, axes, keepdim=True)
        return (features - mean) * torch.rsqrt(variance + 1e-5)

    rho = rho[:, None, None]
    return rho * normalized((2, 3)) + (1.0 - rho) * normalized((1, 2, 3))


class LIN(nn.Module):
    """`mixed` with a learned scale and offset."""

    def __init__(self, channels):
        super().__init__()
        self.rho = nn.Parameter(torch.zeros(channels))
        self.gamma = nn.Parameter(torch.ones(channels))
        self.beta = nn.Parameter(torch.zeros(channels))

    def forward(self, features):
        scale, offset = (
            values[:, None, None] for values in (self.gamma, self.beta)
        )
        return mixed(features, self.rho) * scale + offset


class AdaLIN(nn.Module):
    """`mixed` with a scale and an offset that are given."""

    def __init__(self, channels):
        super().__init__()
        self.rho = nn.Parameter(torch.full((channels,), 0.9))

    def forward(self, features, scale, offset):
        scale, offset = (values[:, :, None, None] for values in (scale, offset))
        return mixed(features, self.rho) * scale + offset


class AdaptiveResidual(nn.Module):
    """Two 3x3 convolutions, their norms with given scales, and a sum.

    Args:
        channels: int.
        norm: function of the channels. It returns a module of features, scale
            and offset.
        bias: bool, the convolutions have a bias.
    """

    def __init__(self, channels, norm, bias):
        super().__init__()
        self.first = reflected(channels, channels, 3, bias=bias)
        self.first_norm = norm(channels)
        self.second = reflected(channels, channels, 3, bias=bias)
        self.second_norm = norm(channels)

    def forward(self, features, first, second):
        outputs = self.first_norm(self.first(features), *first)
        outputs = self.second(functional.relu(outputs, inplace=True))
        return features + self.second_norm(outputs, *second)


class Activation(nn.Module):
    """Features weighted by classifiers of their means and their maxima."""

    def __init__(self, channels, slope=0.0, normalized=False):
        super().__init__()
        self.slope, self.normalized = slope, normalized
        wrap = spectral_norm if normalized else lambda layer: layer
        self.of_means, self.of_maxima = (
            wrap(nn.Linear(channels, 1, bias=False)) for _ in range(2)
        )
        self.mix = nn.Conv2d(2 * channels, channels, 1)

    def forward(self, features):
        pooled = features.mean((2, 3)), features.amax((2, 3))
        layers = self.of_means, self.of_maxima
        logits, looks = [], []
        for values, layer in zip(pooled, layers, strict=True):
            logits.append(layer(values))
            # As in the published code: these are the weights before the
            # normalisation.
            weight = (
                layer.parametrizations.weight.original
                if self.normalized
                else layer.weight
            )
            looks.append(features * weight[:, :, None, None])
        outputs = self.mix(torch.cat(looks, 1))
        outputs = functional.leaky_relu(outputs, self.slope, inplace=True)
        return outputs, torch.cat(logits, 1)


def upsampling_decoder(channels, kernel_size, norm, *, bias):
    """Features of a quarter of the size to an image.

    Args:
        channels: int, of the features.
        kernel_size: int, of both convolutions after an upsampling.
        norm: function of a number of channels that returns a module.
        bias: bool, the convolutions have a bias.
    """
    layers = []
    for _ in range(2):
        layers += [
            nn.Upsample(scale_factor=2),
            reflected(channels, channels // 2, kernel_size, bias=bias),
            norm(channels // 2),
            nn.ReLU(inplace=True),
        ]
        channels //= 2
    last = reflected(channels, 3, 7, bias=bias)
    return nn.Sequential(*layers, last, nn.Tanh())


class Generator(nn.Module):
    """(B, 3, H, W) to the same in (-1, 1), and (B, 2) logits."""

    def __init__(self, filters, blocks, light, size):
        super().__init__()
        layers, before = [], 3
        for level, (side, stride) in enumerate(((7, 1), (3, 2), (3, 2))):
            after = filters * 2**level
            layers += [
                reflected(before, after, side, stride),
                nn.InstanceNorm2d(after),
                nn.ReLU(inplace=True),
            ]
            before = after
        residual = [without_bias(Residual(before)) for _ in range(blocks)]
        self.encoder = nn.Sequential(*layers, *residual)
        self.attention = Activation(before)
        self.light = light
        inputs = before if light else before * (size // 4) ** 2
        self.codes = nn.Sequential(
            nn.Linear(inputs, before, bias=False),
            nn.ReLU(inplace=True),
            nn.Linear(before, before, bias=False),
            nn.ReLU(inplace=True),
        )
        self.scale = nn.Linear(before, before, bias=False)
        self.offset = nn.Linear(before, before, bias=False)
        self.blocks = nn.ModuleList(
            AdaptiveResidual(before, AdaLIN, bias=False) for _ in range(blocks)
        )
        self.decoder = upsampling_decoder(before, 3, LIN, bias=False)

    def forward(self, image):
        features, logits = self.attention(self.encoder(image))
        pooled = features.mean((2, 3)) if self.light else features.flatten(1)
        codes = self.codes(pooled)
        modulation = self.scale(codes), self.offset(codes)
        for block in self.blocks:
            features = block(features, modulation, modulation)
        return self.decoder(features), logits


class Discriminator(nn.Module):
    """(B, 3, H, W) to (B, 1, h, w) scores and (B, 2) logits, unbounded."""

    def __init__(self, filters, strided_layers):
        super().__init__()
        layers, before = [], 3
        for level in range(strided_layers + 1):
            after = filters * 2**level
            stride = 2 if level < strided_layers else 1
            layers += [
                spectral_norm(reflected(before, after, 4, stride, bias=True)),
                nn.LeakyReLU(0.2, inplace=True),
            ]
            before = after
        self.trunk = nn.Sequential(*layers)
        self.attention = Activation(before, 0.2, normalized=True)
        self.last = spectral_norm(reflected(before, 1, 4))

    def forward(self, image):
        features, logits = self.attention(self.trunk(image))
        return self.last(features), logits


def off_by(values, truth):
    """The mean squared difference from `truth`."""
    return (values - truth).square().mean()


def cross_entropy(logits, truth):
    return functional.binary_cross_entropy_with_logits(
        logits, torch.full_like(logits, truth)
    )


class UGATIT(Rounds):
    """The six networks and one training step on (B, 3, H, W) batches."""

    def __init__(self, config, size):
        generator = config.filters, config.blocks, config.light, size
        layers = {"global": config.global_layers, "local": config.local_layers}
        networks = {
            **{
                f"generator_{way}": Generator(*generator)
                for way in ("a_to_b", "b_to_a")
            },
            **{
                f"{kind}_discriminator_{domain}": Discriminator(
                    config.discriminator_filters, count
                )
                for kind, count in layers.items()
                for domain in "ab"
            },
        }
        super().__init__(config, networks)

    def _judges(self, domain):
        return (
            (kind, self.networks[f"{kind}_discriminator_{domain}"])
            for kind in ("global", "local")
        )

    def discriminator_losses(self, real_a, real_b):
        """dict of unweighted terms."""
        losses = {}
        for target, source, real, name in (
            ("b", real_a, real_b, "generator_a_to_b"),
            ("a", real_b, real_a, "generator_b_to_a"),
        ):
            with torch.no_grad():
                fake, _ = self.networks[name](source)
            for kind, judge in self._judges(target):
                of_real, of_fake = judge(real), judge(fake)
                for what, good, bad in zip(
                    ("adversarial", "activation"),
                    of_real,
                    of_fake,
                    strict=True,
                ):
                    losses[f"{what}_{kind}_{target}"] = 0.5 * (
                        off_by(good, 1.0) + off_by(bad, 0.0)
                    )
        return losses

    def generator_losses(self, real_a, real_b):
        """dict of unweighted terms."""
        a_to_b = self.networks["generator_a_to_b"]
        b_to_a = self.networks["generator_b_to_a"]
        losses = {}
        for source, target, here, there, forth, back in (
            ("a", "b", real_a, real_b, a_to_b, b_to_a),
            ("b", "a", real_b, real_a, b_to_a, a_to_b),
        ):
            fake, of_source = forth(here)
            same, of_target = forth(there)
            again, _ = back(fake)
            losses[f"cycle_{source}"] = functional.l1_loss(again, here)
            losses[f"identity_{target}"] = functional.l1_loss(same, there)
            losses[f"cam_{source}_to_{target}"] = 0.5 * (
                cross_entropy(of_source, 1.0) + cross_entropy(of_target, 0.0)
            )
            for kind, judge in self._judges(target):
                scores, logits = judge(fake)
                losses[f"adversarial_{kind}_{target}"] = off_by(scores, 1.0)
                losses[f"activation_{kind}_{target}"] = off_by(logits, 1.0)
        return losses

    def weight(self, player, name):
        """The weight of a player's term."""
        kind = name.split("_")[0]
        if kind in ("adversarial", "activation"):
            halves = 2.0 if player == "discriminator" else 1.0
            return halves * self.config.adversarial_weight
        halves = 2.0 if kind == "cam" else 1.0
        return halves * getattr(self.config, f"{kind}_weight")

    def train_step(self, real_a, real_b):
        """The discriminators' update, then the generators'."""
        super().train_step(real_a, real_b)
        with torch.no_grad():
            for name, network in self.networks.items():
                for key, value in network.named_parameters():
                    if "generator" in name and key.endswith("rho"):
                        value.clamp_(0.0, 1.0)
