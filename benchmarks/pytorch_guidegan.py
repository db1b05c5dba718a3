"""GuideGAN with post hoc attention in PyTorch, as its sheet describes it.

Like `pytorch_cyclegan`, it is written as a user would write it. Remembered maps
are not moved to another crop: the images of benchmarks are always the same.
"""

import torch
from torch.nn import functional

from benchmarks.pytorch_cyclegan import Adversaries, discriminator, generator


def attention_of(features):
    """(B, C, h, w) activations to (B, 1, h, w) in [0, 1], a constant."""
    maps = features.detach().abs().mean(1, keepdim=True)
    maps = maps - maps.amin((2, 3), keepdim=True)
    return maps / maps.amax((2, 3), keepdim=True).clamp_min(1e-12)


def emphasized(image, attention):
    """The image, brighter and darker where the attention is."""
    attention = functional.interpolate(
        attention, image.shape[2:], mode="bilinear"
    )
    return image * (1.0 + attention)


class GuideGAN(Adversaries):
    """The four networks, the last map of each image, one training step."""

    def __init__(self, config, size):
        super().__init__(
            config,
            [generator(config.filters, config.blocks) for _ in "ab"],
            [discriminator(config.discriminator_filters) for _ in "ab"],
        )
        with torch.no_grad():
            _, maps = self.judged("a", torch.zeros(1, 3, size, size))
        self.maps = {
            domain: torch.ones(count, 1, *maps.shape[2:])
            for domain, count in zip("ab", config.memory_images, strict=True)
        }

    def judged(self, domain, image):
        """Scores of an image, and where its discriminator looks."""
        *layers, last = self.networks[f"discriminator_{domain}"]
        features = image
        for layer in layers:
            features = layer(features)
        return last(features), attention_of(features)

    def generator_losses(self, real_a, real_b):
        """dict of unweighted terms, and translations by domain."""
        real, losses, fakes = {"a": real_a, "b": real_b}, {}, {}
        index = torch.arange(len(real_a))
        for source, target in ("ab", "ba"):
            there = self.networks[f"generator_{source}_to_{target}"]
            back = self.networks[f"generator_{target}_to_{source}"]
            guide = self.maps[source][index]
            fake = fakes[target] = there(emphasized(real[source], guide))
            scores, attention = self.judged(target, fake)
            self.maps[source][index] = attention.float()
            losses[f"adversarial_{target}"] = (scores - 1.0).square().mean()
            losses[f"cycle_{source}"] = functional.l1_loss(
                back(emphasized(fake, attention)), real[source]
            )
        return losses, fakes
