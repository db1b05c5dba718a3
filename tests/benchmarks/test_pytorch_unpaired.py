"""Models of unpaired images in PyTorch: the same numbers as tfmask's."""

import numpy as np
import pytest
import tensorflow as tf
from copied_models import (
    SIZE,
    alternating,
    assert_a_step_moves_all,
    assert_same_counts,
    assert_same_losses,
    channels_first,
    copy_weights,
    images,
    residual_layers,
    torch,
)
from precisions import policy

from benchmarks.worker import autocast
from tfmask.methods.attention_guided.config import AttentionGuidedConfig
from tfmask.methods.attention_guided.method import AttentionGuided
from tfmask.methods.cut.config import CUTConfig
from tfmask.methods.cut.method import CUT
from tfmask.methods.cyclegan.config import CycleGANConfig
from tfmask.methods.cyclegan.method import CycleGAN
from tfmask.methods.guidegan.config import GuideGANConfig
from tfmask.methods.guidegan.method import GuideGAN
from tfmask.methods.munit.config import MUNITConfig
from tfmask.methods.munit.method import MUNIT
from tfmask.ops.precision import policy_name

PAIR = images(0), images(1)
BATCH = {"a": {"image": PAIR[0]}, "b": {"image": PAIR[1]}}
THERE = tuple(map(channels_first, PAIR))


def block_convolutions(blocks):
    return alternating(
        [block.first for block in blocks], [block.second for block in blocks]
    )


def resnet_convolutions(generator):
    """The layers of a `ResNetGenerator` with kernels, from first to last."""
    encoder, decoder = generator.encoder, generator.decoder
    return [
        *encoder.convolutions,
        *block_convolutions(encoder.residual_blocks),
        *decoder.upsamplings,
        decoder.last,
    ]


def autoencoder_layers(network):
    content, style = network.content_encoder, network.style_encoder
    hidden, decoder = network.style_layers, network.decoder
    return [
        *content.convolutions,
        *block_convolutions(content.residual_blocks),
        *style.trunk,
        style.head.first,
        style.head.second,
        style.head.code,
        hidden.first,
        hidden.second,
        hidden.last,
        *block_convolutions(decoder.residual_blocks),
        *alternating(decoder.convolutions, decoder.norms),
        decoder.last,
    ]


def test_munit_is_the_same(monkeypatch):
    from benchmarks.pytorch_munit import MUNIT as Other

    config = MUNITConfig(
        filters=4,
        blocks=1,
        style_hidden=8,
        discriminator_filters=4,
        discriminator_layers=1,
        discriminator_scales=2,
        cycle_weight=3.0,
    )
    method, model = MUNIT(config, image_size=(SIZE, SIZE)), Other(config)
    for name, network in method.networks.items():
        layers = (
            autoencoder_layers(network)
            if name.startswith("generator")
            else [
                layer
                for head in network.heads
                for layer in (*head.convolutions, head.last)
            ]
        )
        copy_weights(layers, model.networks[name])
    drawn = np.random.default_rng(2).normal(size=(2, 2, config.style_size))
    drawn = dict(zip("ab", drawn.astype("float32"), strict=True))
    monkeypatch.setattr(method, "drawn_styles", lambda player, images: drawn)
    monkeypatch.setattr(
        model,
        "drawn_styles",
        lambda count: {d: torch.from_numpy(drawn[d]) for d in "ab"},
    )
    assert_same_losses(method, BATCH, model, THERE)
    assert_same_counts(method, model)
    assert_a_step_moves_all(model, *THERE)


def test_cut_is_the_same(monkeypatch):
    from benchmarks.pytorch_cut import CUT as Other

    config = CUTConfig(
        filters=4,
        blocks=1,
        nce_layers=(0, 4, 8, 12),
        patches=9,
        projection_units=8,
        discriminator_filters=4,
        discriminator_layers=2,
        nce_weight=3.0,
        initializer_gain=1.0,
    )
    method, model = CUT(config, image_size=(SIZE, SIZE)), Other(config)
    copy_weights(
        resnet_convolutions(method.generator), model.networks["generator"]
    )
    copy_weights(
        alternating(method.projection.first, method.projection.second),
        model.networks["generator_projection"],
    )
    copy_weights(
        method.discriminator.convolutions, model.networks["discriminator"]
    )

    def order(count):
        return np.random.default_rng(count).permutation(count)

    with monkeypatch.context() as patch:
        patch.setattr(
            "tfmask.methods.cut.method.random_order",
            lambda count, seed: tf.constant(order(count), tf.int32),
        )
        patch.setattr(
            torch, "randperm", lambda count: torch.from_numpy(order(count))
        )
        inputs = torch.cat(THERE)
        outputs = model.networks["generator"](inputs, config.nce_layers)
        there = (inputs, THERE[1], *outputs)
        assert_same_losses(method, BATCH, model, there)
    assert_same_counts(method, model)
    assert_a_step_moves_all(model, *THERE)


def masking_layers(method):
    """dict of a network's name in PyTorch to its layers."""
    layers = {}
    for name in ("a_to_b", "b_to_a"):
        network = method.networks[f"generator_{name}"]
        encoder, decoder = network.encoder, network.decoder
        layers[f"generator_{name}"] = [
            *alternating(encoder.convolutions, encoder.norms),
            *residual_layers(encoder.residual_blocks),
            *alternating(decoder.upsamplings, decoder.norms),
            decoder.last,
        ]
    for domain in "ab":
        network = method.networks[f"attention_{domain}"]
        layers[f"generator_attention_{domain}"] = [
            *alternating(network.encoder, network.norms[:2]),
            *residual_layers(network.residual_blocks),
            *alternating(network.decoder[:-1], network.norms[2:]),
            network.decoder[-1],
        ]
        network = method.networks[f"discriminator_{domain}"]
        *inner, last = network.convolutions
        layers[f"discriminator_{domain}"] = [
            *alternating(inner, network.norms),
            last,
        ]
    return layers


def assert_same_terms(method, batch, model, there, rtol=1e-4):
    """Compares the terms of both players of one pass."""
    theirs, fakes = model.generator_losses(*there)
    for domain, real in zip("ab", there, strict=True):
        loss = model.discriminator_loss(domain, real, fakes[domain])
        theirs[f"discriminator_{domain}"] = loss
    ours = {
        name: value
        for terms in method.compute_losses(batch).values()
        for name, (value, _) in terms.items()
    }
    assert ours.keys() == theirs.keys()
    for name, value in ours.items():
        np.testing.assert_allclose(
            value, theirs[name].item(), rtol=rtol, err_msg=name
        )


def small_attention_guided(upsampling):
    """Attention-guided translation of both, with the same weights."""
    from benchmarks.pytorch_attention_guided import AttentionGuided as Other

    config = AttentionGuidedConfig(
        filters=4,
        blocks=1,
        upsampling=upsampling,
        attention_filters=4,
        discriminator_filters=4,
        discriminator_layers=1,
    )
    method = AttentionGuided(config, image_size=(SIZE, SIZE))
    model = Other(config)
    for name, layers in masking_layers(method).items():
        copy_weights(layers, model.networks[name])
    return method, model


@pytest.mark.parametrize("upsampling", ["transposed", "resize"])
def test_attention_guided_is_the_same(upsampling):
    method, model = small_attention_guided(upsampling)
    assert_same_terms(method, BATCH, model, THERE)
    assert_same_counts(method, model)
    assert_a_step_moves_all(model, *THERE)


@pytest.fixture
def bfloat16():
    """Layers compute in bfloat16."""
    with policy(policy_name("bfloat16")):
        yield


def small_cyclegans(upsampling):
    """CycleGAN of both libraries, with the same weights."""
    from benchmarks.pytorch_cyclegan import CycleGAN as Other

    config = CycleGANConfig(
        filters=4,
        blocks=1,
        upsampling=upsampling,
        discriminator_filters=4,
        discriminator_layers=2,
    )
    method, model = CycleGAN(config, image_size=(SIZE, SIZE)), Other(config)
    for name, network in method.networks.items():
        if name.startswith("generator"):
            layers = resnet_convolutions(network)
        else:
            layers = network.convolutions
        copy_weights(layers, model.networks[name])
    return method, model


@pytest.mark.parametrize("upsampling", ["transposed", "resize"])
def test_cyclegan_is_the_same(upsampling):
    method, model = small_cyclegans(upsampling)
    assert_same_terms(method, BATCH, model, THERE)
    assert_same_counts(method, model)
    assert_a_step_moves_all(model, *THERE)


@pytest.mark.parametrize("make", [small_cyclegans, small_attention_guided])
def test_bfloat16_of_both_gives_alike_losses(bfloat16, make):
    method, model = make("resize")
    exact = model.generator_losses(*THERE)[0]
    autocast(torch, model)
    rounded = model.generator_losses(*THERE)[0]
    assert all(exact[name] != value for name, value in rounded.items())
    assert_same_terms(method, BATCH, model, THERE, rtol=0.03)
    assert_a_step_moves_all(model, *THERE)


def test_guidegan_is_the_same():
    from benchmarks.pytorch_guidegan import GuideGAN as Other

    config = GuideGANConfig(
        filters=4,
        blocks=1,
        discriminator_filters=2,
        memory_images=(2, 2),
        initializer_stddev=0.2,
    )
    # The discriminators need more pixels than the others.
    pair = [image.repeat(2, axis=1).repeat(2, axis=2) for image in PAIR]
    there = tuple(map(channels_first, pair))
    method = GuideGAN(config, image_size=(2 * SIZE, 2 * SIZE))
    model = Other(config, 2 * SIZE)
    for name, network in method.networks.items():
        if name.startswith("generator"):
            layers = resnet_convolutions(network.generator)
        else:
            layers = network.patches.convolutions
        copy_weights(layers, model.networks[name])
    batch = {
        domain: {
            "image": image,
            "index": np.arange(2),
            "window": np.zeros((2, 3), "int32"),
        }
        for domain, image in zip("ab", pair, strict=True)
    }
    for _ in range(2):  # the second pass reads the maps of the first one
        assert_same_terms(method, batch, model, there)
    assert_same_counts(method, model)
    assert_a_step_moves_all(model, *there)
