"""DualGAN: terms by their formulas, clipping, rhythm, dropout."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from tiny_methods import batch

from tfmask.methods import preset_config
from tfmask.methods.dualgan.config import DualGANConfig
from tfmask.methods.dualgan.method import DualGAN
from tfmask.ops.optimizers import StartedRMSprop

TINY = {
    "filters": 2,
    "levels": 2,
    "discriminator_filters": 2,
    "discriminator_layers": 2,
    # Kernels large enough for images and scores that are not flat.
    "initializer_stddev": 0.2,
}
SIDE = 16
SETTINGS = {"rho": 0.9, "epsilon": 1e-10, "start": 1.0}


def dualgan(compiled=False, **options):
    keras.utils.set_random_seed(0)
    config = DualGANConfig(**{**TINY, **options})
    method = DualGAN(config, image_size=(SIDE, SIDE))
    if compiled:
        method.compile(lambda player: StartedRMSprop(0.05, **SETTINGS))
    return method


def images(count=2):
    return batch(count=count, side=SIDE)


def terms_of(method, training=False):
    losses = method.compute_losses(images(), training=training)
    return {
        name: (float(value), float(weight))
        for terms in losses.values()
        for name, (value, weight) in terms.items()
    }


@pytest.mark.parametrize("kind", ["wgan-gp", "wgan", "classic"])
@pytest.mark.parametrize("critic", ["global", "patch"])
def test_terms_are_the_official_sums(kind, critic):
    recovery = "l2" if kind == "classic" else "l1"
    method = dualgan(
        adversarial_loss=kind, critic=critic, recovery_loss=recovery
    )
    expected = {}
    for source, target in ("ab", "ba"):
        image = images()[source]["image"]
        fake = method.networks[f"generator_{source}_to_{target}"](image)
        back = method.networks[f"generator_{target}_to_{source}"](fake)
        away = back.numpy() - image.numpy()
        away = away**2 if recovery == "l2" else np.abs(away)
        judge = method.networks[f"discriminator_{target}"]
        fake_scores = judge(fake).scores[0].numpy()
        real = judge(images()[target]["image"]).scores[0].numpy()
        if kind == "classic":
            # The authors' sum of both cross-entropies is twice our mean.
            judged = np.log1p(np.exp(-real)).mean()
            judged = 0.5 * (judged + np.log1p(np.exp(fake_scores)).mean()), 2.0
            fooled = np.log1p(np.exp(-fake_scores)).mean()
        else:
            judged = fake_scores.mean() - real.mean(), 1.0
            fooled = -fake_scores.mean()
        expected |= {
            f"recovery_{source}": (away.mean(), 500.0),
            f"adversarial_{target}": (fooled, 1.0),
            f"discriminator_{target}": judged,
        }
    terms = terms_of(method)
    penalties = {n: terms.pop(n) for n in [*terms] if n.startswith("penalty")}
    assert set(terms) == set(expected)
    for name, both in expected.items():
        assert terms[name] == pytest.approx(both, rel=1e-3, abs=1e-6), name
    names = {"penalty_a", "penalty_b"} if kind == "wgan-gp" else set()
    assert set(penalties) == names
    assert all(v > 0 and weight == 10 for v, weight in penalties.values())


def test_both_penalties_draw_their_own_mixtures():
    method, seen = dualgan(), []
    ones = tf.ones((2, SIDE, SIDE, 3))
    critic = method.discriminator_a

    def watched(between):
        seen.append(between.numpy()[:, 0, 0, 0])
        return critic(between)

    for first in (0, 1):
        method.smoothness(watched, ones, 0 * ones, first=first)
    assert len({*seen[0], *seen[1]}) == 4


def test_wgan_clips_every_weight_of_the_critics():
    method = dualgan(compiled=True, adversarial_loss="wgan")
    method.train_step(images())
    for variable in method.owned_variables("discriminator"):
        assert np.abs(variable.numpy()).max() <= 0.01 + 1e-9
    scales = [v.numpy() for v in method.owned_variables("generator")]
    assert max(np.abs(values).max() for values in scales) > 0.5


@pytest.mark.parametrize(
    ("kind", "steps", "updates"),
    [("wgan-gp", 2, 1), ("wgan", 1, 2), ("classic", 1, 4)],
)
def test_the_generators_updates_of_two_steps(kind, steps, updates):
    method = dualgan(compiled=True, adversarial_loss=kind, critic_steps=steps)
    for _ in range(2):
        method.train_step(images())
    assert int(method.generator_optimizer.iterations.numpy()) == updates
    assert int(method.discriminator_optimizer.iterations.numpy()) == 2
    assert int(method.step.numpy()) == 2


def test_dropout_is_for_training_only():
    # 6 levels: one layer drops out.
    method = DualGAN(
        DualGANConfig(
            **{**TINY, "levels": 6, "discriminator_layers": 3, "dropout": 0.5}
        ),
        image_size=(64, 64),
    )
    assert [*method.generator_a_to_b.dropped] == [0]
    for name in ("generator_a_to_b", "generator_b_to_a"):
        # On one pixel the norm leaves its offset, which starts at 0.
        method.networks[name].encoder_norms[-1].beta.assign(np.ones(16))
    several = batch(count=2, side=64)

    def recovery(training):
        losses = method.compute_losses(several, ("generator",), training)
        return float(losses["generator"]["recovery_a"].value)

    assert recovery(False) == recovery(False) != recovery(True)


def test_the_paper_preset_is_the_official_readme():
    config = preset_config("dualgan", "paper", "photos")
    method, optimizer = config.method, config.optimizer
    assert (method.adversarial_loss, method.critic) == ("wgan-gp", "global")
    assert (method.recovery_weight, method.critic_steps) == (1000, 1)
    assert (optimizer.name, optimizer.learning_rate) == ("rmsprop", 5e-5)
    assert (optimizer.beta_2, optimizer.epsilon) == (0.9, 1e-10)
    assert (optimizer.squares_start, optimizer.decay_epochs) == (1.0, 0)
    assert (config.run.epochs, config.run.batch_size) == (100, 1)


def test_wrong_options_are_named():
    with pytest.raises(ValueError, match="`critic_steps` must be 1 if"):
        DualGANConfig(adversarial_loss="classic", critic_steps=2)
    with pytest.raises(ValueError, match="`levels` must be 2 or more"):
        DualGANConfig(levels=1)
