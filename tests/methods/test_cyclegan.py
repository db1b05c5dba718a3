"""CycleGAN: the testable properties of its fact sheet."""

import numpy as np
import pytest
import tensorflow as tf
from tiny_methods import Stub, batch, cyclegan, term_values, watch

from tfmask.networks import Judgement
from tfmask.ops.change import change_map


def losses_of(method):
    losses = method.compute_losses(batch(), training=False)
    return term_values(losses)


def test_losses_are_the_papers():
    method = cyclegan(compiled=False)
    expected = {}
    images = {domain: batch()[domain]["image"].numpy() for domain in "ab"}
    for source, target in ("ab", "ba"):
        there = method.networks[f"generator_{source}_to_{target}"]
        back = method.networks[f"generator_{target}_to_{source}"]
        judge = method.networks[f"discriminator_{target}"]
        fake = there(images[source])
        cycled, same = back(fake).numpy(), there(images[target]).numpy()
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


def test_the_total_weighs_cycles_by_10_and_identities_by_5():
    method = cyclegan(compiled=False)
    terms = method.compute_losses(batch(), ["generator"])["generator"]
    value = {name: term.value for name, term in terms.items()}
    expected = (
        value["adversarial_a"]
        + value["adversarial_b"]
        + 10 * (value["cycle_a"] + value["cycle_b"])
        + 5 * (value["identity_a"] + value["identity_b"])
    )
    np.testing.assert_allclose(method.total_loss(terms), expected, rtol=1e-6)


def test_constant_scores_of_a_half():
    method = cyclegan(compiled=False)
    method.discriminator_a = method.discriminator_b = Stub(
        lambda image, training=False: Judgement(
            [tf.fill((image.shape[0], 2, 2, 1), 0.5)]
        )
    )
    losses = losses_of(method)
    for domain in "ab":
        assert losses[f"discriminator_{domain}"] == 0.25
        assert losses[f"adversarial_{domain}"] == 0.25


def test_identical_generators_cost_no_cycle_and_no_identity():
    method = cyclegan(compiled=False)
    method.generator_a_to_b = method.generator_b_to_a = Stub(tf.identity)
    losses = losses_of(method)
    for name in ("cycle_a", "cycle_b", "identity_a", "identity_b"):
        assert losses[name] == 0.0


@pytest.mark.parametrize(
    ("weight", "terms"),
    [
        ("adversarial_weight", {"cycle", "identity"}),
        ("cycle_weight", {"adversarial", "identity"}),
        ("identity_weight", {"adversarial", "cycle"}),
    ],
)
def test_terms_of_weight_zero_are_not_computed(weight, terms):
    method = cyclegan(compiled=False, **{weight: 0.0})
    generator = watch(method, "generator_a_to_b")
    judge = watch(method, "discriminator_a")
    losses = method.compute_losses(batch(), ["generator"])["generator"]
    names = {f"{term}_{domain}" for term in terms for domain in "ab"}
    assert set(losses) == names
    assert len(judge.inputs) == ("adversarial" in terms)
    assert len(generator.inputs) == 1 + ("cycle" in terms)
    # Identity shares the first call, as more examples.
    assert len(generator.inputs[0]) == (4 if "identity" in terms else 2)


def test_generators_never_learn_from_the_pool():
    method = cyclegan(pool_size=1)
    method.compute_losses(batch(seed=5), ["discriminator"])
    before = method.pool_b.images.numpy()
    judge = watch(method, "discriminator_b")
    method.compute_losses(batch(), ["generator"])
    fake = method.translate(batch()["a"])["image"]
    # 1e-5: convolutions of four examples at once, and of two.
    np.testing.assert_allclose(judge.inputs[0], fake, atol=1e-5)
    np.testing.assert_array_equal(method.pool_b.images, before)


def test_discriminators_see_the_pools_answers():
    method = cyclegan(pool_size=1)
    method.compute_losses(batch(seed=5, count=1), ["discriminator"])
    old = method.pool_b.images.numpy()
    judge = watch(method, "discriminator_b")
    for step in range(20):
        method.step.assign(step)
        method.compute_losses(batch(seed=6, count=1), ["discriminator"])
        if np.allclose(judge.inputs[-1][1:], old, atol=1e-5):
            return
    pytest.fail("the old image was never shown")


def test_each_direction_has_its_own_pool_draws():
    method = cyclegan(compiled=False)
    assert method.pool_a.seed != method.pool_b.seed


def test_the_mask_says_where_the_image_changed():
    method = cyclegan(compiled=False)
    image = batch()["b"]["image"]
    output = method.translate({"image": image}, "b_to_a")
    np.testing.assert_array_equal(
        output["image"], method.generator_b_to_a(image)
    )
    np.testing.assert_array_equal(
        output["mask"], change_map(image, output["image"])
    )
    assert method.spec.mask_kind == "change"


def test_norms_have_weights_only_when_asked():
    plain = cyclegan(compiled=False).generator_a_to_b.count_params()
    affine = cyclegan(compiled=False, affine_normalization=True)
    # Widths 2, 4, 8, two in the block of 8, then 4 and 2; scale and offset.
    extra = 2 * (2 + 4 + 8 + 8 + 8 + 4 + 2)
    assert affine.generator_a_to_b.count_params() == plain + extra
