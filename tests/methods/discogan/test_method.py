"""DiscoGAN: terms by their formulas, rhythm, curriculum, variants."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from tiny_methods import batch

from tfmask.losses import feature_matching
from tfmask.methods import preset_config
from tfmask.methods.discogan.config import DiscoGANConfig
from tfmask.methods.discogan.method import DiscoGAN
from tfmask.methods.players import Player

TINY = {
    "filters": 2,
    "levels": 2,
    "discriminator_filters": 2,
    "discriminator_levels": 2,
}
SIDE = 16


def discogan(epoch_steps=1, **options):
    keras.utils.set_random_seed(0)
    return DiscoGAN(
        DiscoGANConfig(**{**TINY, **options}),
        image_size=(SIDE, SIDE),
        epoch_steps=epoch_steps,
    )


def terms_of(method, images=None):
    losses = method.compute_losses(
        images or batch(count=3, side=SIDE), training=False
    )
    return {
        f"{player}/{name}": (float(value), float(weight))
        for player, terms in losses.items()
        for name, (value, weight) in terms.items()
    }


def entropy(probability, label):
    return -np.log(probability if label else 1.0 - probability).mean()


def by_formula(method, images, rate):
    """The official code's sums in NumPy, one direction after the other."""
    unit = {d: 0.5 + 0.5 * images[d]["image"].numpy() for d in "ab"}
    expected = {}
    for source, target in ("ab", "ba"):
        there = method.networks[f"generator_{source}_to_{target}"]
        back = method.networks[f"generator_{target}_to_{source}"]
        judge = method.networks[f"discriminator_{target}"]
        fake = there(images[source]["image"], mode="batch")
        again = 0.5 + 0.5 * back(fake, mode="batch").numpy()
        judged = {"real": judge(images[target]["image"]), "fake": judge(fake)}
        seen = {
            kind: 1 / (1 + np.exp(-one.scores[0].numpy()))
            for kind, one in judged.items()
        }
        matching = sum(
            ((r.numpy().mean(0) - f.numpy().mean(0)) ** 2).mean()
            for r, f in zip(
                judged["real"].features, judged["fake"].features, strict=True
            )
        )
        expected |= {
            f"generator/adversarial_{target}": (
                entropy(seen["fake"], 1),
                0.1 * (1 - rate),
            ),
            f"generator/features_{target}": (matching, 0.9 * (1 - rate)),
            f"generator/reconstruction_{source}": (
                ((again - unit[source]) ** 2).mean(),
                rate,
            ),
            f"discriminator/discriminator_{target}": (
                0.5 * entropy(seen["real"], 1) + 0.5 * entropy(seen["fake"], 0),
                1.0,
            ),
        }
    return expected


@pytest.mark.parametrize(("epoch", "rate"), [(1, 0.01), (0, 0.5)])
def test_terms_are_the_official_sums(epoch, rate):
    method, images = discogan(curriculum_epoch=epoch), batch(count=3, side=SIDE)
    terms, expected = terms_of(method), by_formula(method, images, rate)
    assert set(terms) == set(expected)
    for name, both in expected.items():
        assert terms[name] == pytest.approx(both, rel=1e-4), name


def test_the_rate_changes_at_the_step_of_the_curriculum():
    method = discogan(epoch_steps=1000)
    rates = []
    for step in (0, 9_999, 10_000, 50_000):
        method.step.assign(step)
        rates.append(float(method.reconstruction_rate))
    assert rates == pytest.approx([0.01, 0.01, 0.5, 0.5])


@pytest.mark.medium
@pytest.mark.parametrize("compiled", [False, True])
def test_of_three_steps_the_first_is_the_discriminators(compiled):
    method = discogan()
    method.compile(lambda settings: keras.optimizers.SGD(0.1))
    step = (
        tf.function(method.train_step, autograph=False)
        if compiled
        else method.train_step
    )
    images, moves = batch(count=2, side=SIDE), []
    for _ in range(6 if compiled else 3):
        before = {
            player: [v.numpy() for v in method.owned_variables(player)]
            for player in method.players
        }
        step(images)
        moves.append(
            "".join(
                player[0].upper()
                for player, values in before.items()
                if any(
                    not np.array_equal(old, new.numpy())
                    for old, new in zip(
                        values, method.owned_variables(player), strict=True
                    )
                )
            )
        )
    assert moves == ["D", "G", "G"] * (2 if compiled else 1)


def test_replicas_know_whose_step_it_is(two_replicas):
    with two_replicas.scope():
        method = discogan()
    assert [method.phase_at(step) for step in range(4)] == [
        ("discriminator",),
        ("generator",),
        ("generator",),
        ("discriminator",),
    ]


def test_places_of_a_player():
    player = Player((), every=3, places=(1, 2))
    assert [player.learns(step) for step in range(4)] == [False, True, True, 0]
    assert [bool(player.learns(tf.constant(step))) for step in range(4)] == [
        player.learns(step) for step in range(4)
    ]
    assert [Player((), every=2).learns(step) for step in range(2)] == [0, 1]


@pytest.mark.parametrize(
    ("model", "directions", "terms"),
    [
        (
            "recongan",
            ("a_to_b", "b_to_a"),
            {
                "adversarial_b": 0.05,
                "features_b": 0.45,
                "reconstruction_a": 0.5,
            },
        ),
        ("gan", ("a_to_b",), {"adversarial_b": 0.1, "features_b": 0.9}),
    ],
)
def test_variants_judge_one_direction(model, directions, terms):
    method = discogan(model=model, curriculum_epoch=0)
    own_terms = terms_of(method)
    assert method.directions == directions
    assert len(method.networks) == len(directions) + 1
    assert own_terms.pop("discriminator/discriminator_b")[1] == 1.0
    weights = {name: weight for name, (_, weight) in own_terms.items()}
    assert weights == pytest.approx(
        {f"generator/{name}": weight for name, weight in terms.items()}
    )
    shown = method.images_to_show(batch(side=SIDE))
    assert len(shown) == 3 * len(directions)


def test_without_feature_matching():
    method = discogan(feature_weight=0, adversarial_weight=1)
    names = {name.split("/")[1] for name in terms_of(method)}
    assert {name.split("_")[0] for name in names} == {
        "adversarial",
        "reconstruction",
        "discriminator",
    }


def test_feature_matching_compares_means_of_batches():
    rng = np.random.default_rng(0)
    real = [rng.normal(size=(4, 3, 2, c)).astype("float32") for c in (2, 5)]
    fake = [rng.normal(size=(4, 3, 2, c)).astype("float32") for c in (2, 5)]
    expected = sum(
        ((r.mean(0) - f.mean(0)) ** 2).mean()
        for r, f in zip(real, fake, strict=True)
    )
    assert float(feature_matching(real, fake)) == pytest.approx(
        expected, rel=1e-5
    )
    mixed = [maps[[2, 0, 3, 1]] for maps in real]
    assert float(feature_matching(real, mixed)) < 1e-12


def test_an_undecided_discriminator_costs_ln_2():
    method = discogan()
    for domain in "ab":
        last = method.networks[f"discriminator_{domain}"].last
        last.kernel.assign(tf.zeros_like(last.kernel))
    terms = terms_of(method)
    for name in ("discriminator/discriminator_", "generator/adversarial_"):
        for domain in "ab":
            assert terms[name + domain][0] == pytest.approx(np.log(2))


def test_an_answer_depends_on_its_image_alone():
    method, images = discogan(), batch(count=3, side=SIDE)
    method.compute_losses(images)  # moves the averages
    image = images["a"]["image"]
    together = method.translate({"image": image})["image"]
    alone = method.translate({"image": image[:1]})["image"]
    np.testing.assert_allclose(alone, together[:1], atol=1e-6)


def test_the_paper_preset_is_the_official_script():
    config = preset_config("discogan", "paper", "photos")
    method, optimizer = config.method, config.optimizer
    assert method == DiscoGANConfig()
    assert method.curriculum_epoch * config.data.epoch_steps == 10_000
    assert (config.run.batch_size, config.data.image_size) == (64, 64)
    assert (optimizer.learning_rate, optimizer.l2) == (2e-4, 1e-5)
    assert (optimizer.beta_1, optimizer.decay_epochs) == (0.5, 0)


def test_wrong_options_are_named():
    with pytest.raises(ValueError, match=r"`reconstruction_rate` must be in"):
        DiscoGANConfig(reconstruction_rate=1.5)
    with pytest.raises(ValueError, match="`discriminator_levels` must be 2"):
        DiscoGANConfig(discriminator_levels=1)
    with pytest.raises(ValueError, match="nothing would be translated"):
        DiscoGANConfig(adversarial_weight=0, feature_weight=0)
