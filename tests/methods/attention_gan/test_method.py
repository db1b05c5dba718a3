"""AttentionGAN: CycleGAN's losses on blends, and the masks of the blends."""

import numpy as np
import pytest
import tensorflow as tf
from tiny_methods import TINY, batch, term_values

from tfmask.methods import preset_config
from tfmask.methods.attention_gan.config import AttentionGANConfig
from tfmask.methods.attention_gan.method import AttentionGAN
from tfmask.ops.change import change_map


def attention_gan(**options):
    config = AttentionGANConfig(**{**TINY, "maps": 4, **options})
    return AttentionGAN(config, image_size=(8, 8))


def losses_of(method):
    losses = method.compute_losses(batch(), training=False)
    return term_values(losses)


def blend(generator, image):
    """The translation by the paper's formula, in NumPy."""
    _, attention, contents = (x.numpy() for x in generator.parts(image))
    images = [contents[..., 3 * i : 3 * i + 3] for i in range(3)]
    return image * attention[..., 3:] + sum(
        attention[..., i : i + 1] * images[i] for i in range(3)
    )


def input_only(method):
    """The method with all attention on the input."""
    for direction in ("a_to_b", "b_to_a"):
        last = method.networks[f"generator_{direction}"].attention_decoder.last
        kernel, bias = last.get_weights()
        last.set_weights([0 * kernel, bias + [0, 0, 0, 80]])
    return method


def test_losses_are_cyclegans_on_blends():
    method = attention_gan()
    expected = {}
    images = {domain: batch()[domain]["image"].numpy() for domain in "ab"}
    for source, target in ("ab", "ba"):
        there = method.networks[f"generator_{source}_to_{target}"]
        back = method.networks[f"generator_{target}_to_{source}"]
        judge = method.networks[f"discriminator_{target}"]
        fake = blend(there, images[source])
        cycled, same = blend(back, fake), blend(there, images[target])
        expected[f"cycle_{source}"] = np.abs(cycled - images[source]).mean()
        expected[f"identity_{target}"] = np.abs(same - images[target]).mean()
        real, fake = (
            judge(image).scores[0].numpy() for image in (images[target], fake)
        )
        expected[f"adversarial_{target}"] = ((fake - 1) ** 2).mean()
        expected[f"discriminator_{target}"] = 0.5 * (
            ((real - 1) ** 2).mean() + (fake**2).mean()
        )
    assert losses_of(method) == pytest.approx(expected, rel=1e-4)


def test_who_keeps_everything_pays_no_cycle_and_no_identity():
    losses = losses_of(input_only(attention_gan()))
    for kind in ("cycle", "identity"):
        for domain in "ab":
            assert losses[f"{kind}_{domain}"] < 1e-6


@pytest.mark.parametrize("direction", ["a_to_b", "b_to_a"])
def test_the_mask_is_what_the_last_map_leaves(direction):
    method = attention_gan()
    image = batch()[direction[0]]["image"]
    generator = method.networks[f"generator_{direction}"]
    translated, attention, _ = generator.parts(image)
    output = method.translate({"image": image}, direction)
    np.testing.assert_array_equal(output["image"], translated)
    np.testing.assert_array_equal(output["mask"], 1.0 - attention[..., 3:])
    assert output["mask"].numpy().std() > 0.01


def test_a_callers_mask_replaces_it():
    method = attention_gan()
    image = batch()["a"]["image"]
    own = method.translate({"image": image})
    again = method.translate({"image": image, "mask": own["mask"]})
    np.testing.assert_allclose(again["image"], own["image"], atol=1e-5)
    mask = np.zeros((2, 8, 8, 1), "float32")
    mask[:, :4] = 1.0
    edited = method.translate({"image": image, "mask": tf.constant(mask)})
    np.testing.assert_array_equal(edited["mask"], mask)
    np.testing.assert_array_equal(edited["image"][:, 4:], image[:, 4:])
    assert np.abs(edited["image"] - image)[:, :4].mean() > 0.01


def test_without_copies_the_mask_is_the_change():
    method = input_only(attention_gan(geometric=True))
    image = batch()["a"]["image"]
    _, _, contents = method.generator_a_to_b.parts(image)
    output = method.translate({"image": image})
    np.testing.assert_allclose(output["image"], contents[..., 9:], atol=1e-6)
    np.testing.assert_array_equal(
        output["mask"], change_map(image, output["image"])
    )
    assert method.spec.mask_kind == "change"
    assert not method.spec.masks_taken
    with_copies = attention_gan().spec
    assert with_copies.mask_kind == "attention"
    assert [port.name for port in with_copies.masks_taken] == ["mask"]


def test_the_presets_are_the_official_scripts():
    """horse2zebra's: batch 4, a constant rate, identity at half the cycle."""
    config = preset_config("attention_gan", "paper", "photos")
    assert (config.run.epochs, config.run.batch_size) == (60, 4)
    assert config.optimizer.learning_rate == 2e-4
    assert config.optimizer.decay_epochs == 0
    method = config.method
    assert (method.maps, method.blocks, method.pool_size) == (10, 9, 50)
    assert (method.cycle_weight, method.identity_weight) == (10, 5)


def test_wrong_options_are_named():
    with pytest.raises(ValueError, match="`maps` must be 2 or more. Got: 1"):
        AttentionGANConfig(maps=1)
    with pytest.raises(ValueError, match="`pool_size` must be 0 or more"):
        AttentionGANConfig(pool_size=-1)
