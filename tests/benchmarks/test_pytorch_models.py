"""The models that benchmarks compare with: the same numbers as tfmask's."""

from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf
from copied_models import (
    SIZE,
    alternating,
    assert_same_losses,
    channels_first,
    copy_weights,
    images,
    residual_layers,
    torch,
)

from tfmask.methods.lomit.config import LOMITConfig
from tfmask.methods.lomit.method import LOMIT
from tfmask.methods.pix2pix.config import Pix2PixConfig
from tfmask.methods.pix2pix.method import Pix2Pix
from tfmask.methods.stargan.config import StarGANConfig
from tfmask.methods.stargan.method import StarGAN
from tfmask.methods.ugatit.config import UGATITConfig
from tfmask.methods.ugatit.method import UGATIT

NAMES, MIX = ("red", "round"), 0.3


def critic_layers(network):
    return [*network.convolutions, network.score_head, network.class_head]


@pytest.fixture(autouse=True)
def same_mixtures(monkeypatch):
    monkeypatch.setattr(
        "tfmask.methods.critic.replica_uniform",
        lambda images, seed: tf.fill([tf.shape(images)[0]], MIX),
    )
    monkeypatch.setattr(torch, "rand", lambda *size: torch.full(size, MIX))


def test_stargan_is_the_same():
    from benchmarks.pytorch_stargan import StarGAN as Other

    config = StarGANConfig(
        attributes=NAMES,
        filters=4,
        blocks=2,
        discriminator_filters=4,
        discriminator_layers=3,
    )
    method = StarGAN(config, image_size=(SIZE, SIZE))
    model = Other(config, SIZE)
    generator = method.generator
    copy_weights(
        [
            *alternating(generator.convolutions, generator.norms[:3]),
            *residual_layers(generator.residual_blocks),
            *alternating(generator.upsamplings, generator.norms[3:]),
            generator.last,
        ],
        model.generator,
    )
    copy_weights(critic_layers(method.discriminator), model.discriminator)
    # Equal rows: no permutation changes them.
    attributes = np.array([[1.0, 0.0]] * 2, "float32")
    batch = {"a": {"image": images(0), "attributes": attributes}}
    assert_same_losses(
        method,
        batch,
        model,
        (channels_first(images(0)), torch.from_numpy(attributes)),
    )


def test_pix2pix_is_the_same():
    from benchmarks.pytorch_pix2pix import Pix2Pix as Other

    config = Pix2PixConfig(
        filters=2, levels=4, discriminator_filters=2, discriminator_layers=2
    )
    method = Pix2Pix(config, image_size=(SIZE, SIZE))
    model = Other(config)
    generator, discriminator = method.generator, method.discriminator
    copy_weights(
        [
            generator.encoder[0],
            *alternating(generator.encoder[1:-1], generator.encoder_norms),
            generator.encoder[-1],
            *alternating(generator.decoder, generator.decoder_norms),
            generator.last,
        ],
        model.generator,
    )
    first, *inner, last = discriminator.convolutions
    copy_weights(
        [first, *alternating(inner, discriminator.norms[1:]), last],
        model.discriminator,
    )
    pair = images(0), images(1)
    batch = {"a": {"image": pair[0]}, "b": {"image": pair[1]}}
    there = tuple(map(channels_first, pair))
    model.generator.train()
    assert_same_losses(
        method, batch, model, (*there, model.generator(there[0]))
    )


def test_lomit_is_the_same():
    from benchmarks.pytorch_lomit import LOMIT as Other

    config = LOMITConfig(
        attributes=NAMES,
        filters=4,
        blocks=1,
        style_hidden=8,
        mask_layers=2,
        discriminator_filters=4,
        discriminator_layers=2,
    )
    method = LOMIT(config, image_size=(SIZE, SIZE))
    model = Other(config, SIZE)
    content, style = method.content_encoder, method.style_encoder
    masks, decoder = method.segmentation, method.decoder
    copy_weights(
        [
            *alternating(content.convolutions, content.norms),
            *residual_layers(content.residual_blocks),
            *style.trunk,
            *(
                layer
                for head in (style.foreground_head, style.background_head)
                for layer in (head.first, head.second, head.code)
            ),
            masks.gate_hidden,
            masks.gate_output,
            *alternating(masks.convolutions, masks.norms),
            masks.last,
            *(
                layer
                for style in (
                    decoder.highway.foreground,
                    decoder.highway.background,
                )
                for layer in (style.first, style.second, style.last)
            ),
            *residual_layers(decoder.residual_blocks),
            *alternating(decoder.convolutions, decoder.norms),
            decoder.last,
        ],
        model.generator,
    )
    copy_weights(critic_layers(method.discriminator), model.discriminator)
    everything = images(0, count=4)
    attributes = np.array([[1, 0], [0, 1], [1, 1], [0, 0]], "float32")
    batch = {
        domain: {"image": everything[rows], "attributes": attributes[rows]}
        for domain, rows in (("a", slice(2)), ("b", slice(2, 4)))
    }
    assert_same_losses(
        method,
        batch,
        model,
        (channels_first(everything), torch.from_numpy(attributes)),
    )


def activation_layers(attention):
    """The two classifiers' rows as kernels, and the convolution after them."""
    rows = (attention.of_means, attention.of_maxima)
    kernels = [np.asarray(row)[:, None] for row in rows]
    return [
        *(SimpleNamespace(kernel=kernel) for kernel in kernels),
        attention.mix,
    ]


def channels_outermost(layer, channels):
    """A dense layer that reads (C, H, W), of one that reads (H, W, C)."""
    kernel = np.asarray(layer.kernel)
    inputs = np.arange(kernel.shape[0]).reshape(-1, channels).T.reshape(-1)
    return SimpleNamespace(kernel=kernel[inputs])


def settle(layers, model):
    """Both sides' spectral norms where power iterations end."""
    modules = [
        module
        for module in model.modules()
        if isinstance(module, torch.nn.Conv2d)
        and hasattr(module, "parametrizations")
    ]
    for layer, module in zip(layers, modules, strict=True):
        normed = module.parametrizations.weight
        left, _, right = torch.linalg.svd(
            normed.original.detach().flatten(1), full_matrices=False
        )
        normed[0]._u.copy_(left[:, 0])
        normed[0]._v.copy_(right[0])
        layer.vector.assign(left[None, :, 0].numpy())


@pytest.mark.parametrize("light", [False, True])
def test_ugatit_is_the_same(light):
    from benchmarks.pytorch_ugatit import UGATIT as Other

    config = UGATITConfig(
        filters=4,
        blocks=1,
        light=light,
        discriminator_filters=4,
        global_layers=2,
        local_layers=1,
        initializer_stddev=0.2,
    )
    method = UGATIT(config, image_size=(SIZE, SIZE))
    model = Other(config, SIZE)
    for name, network in method.networks.items():
        there = model.networks[name]
        looks = activation_layers(network.attention)
        if name.startswith("generator"):
            first, second = network.hidden
            if not light:
                first = channels_outermost(first, 4 * config.filters)
            encoder = network.encoder
            layers = [
                *encoder.convolutions,
                *alternating(
                    [block.first for block in encoder.residual_blocks],
                    [block.second for block in encoder.residual_blocks],
                ),
                *looks,
                first,
                second,
                network.scale,
                network.offset,
                *residual_layers(network.residual_blocks),
                *alternating(network.upsamplings, network.norms),
                network.last,
            ]
        else:
            normed = network.convolutions
            # A bias and a normed kernel are two modules there.
            layers = [*alternating(normed, normed), *looks, network.last]
        copy_weights(layers, there)
        if "discriminator" in name:
            settle([*normed, network.last], there)
    pair = images(0), images(1)
    batch = {"a": {"image": pair[0]}, "b": {"image": pair[1]}}
    assert_same_losses(method, batch, model, tuple(map(channels_first, pair)))
