"""Every paper preset beside the numbers of its paper and official code."""

import math

import numpy as np
import pytest

from tfmask.methods import NAMES, method_spec, preset_config
from tfmask.ops.schedules import EpochwiseHalving, EpochwiseLinearDecay

PRESETS = [(n, preset) for n in NAMES for preset in method_spec(n).preset_names]
PAPERS = sorted(name for name, preset in PRESETS if preset == "paper")
# Image, the size it is cut from at random, square cut out before (None: the
# whole image), mirrored.
JITTERED = (256, None, None, True)  # 286, by the default's ratio
FACES = (128, 128, 178, True)
DATA = {
    "attention_gan": JITTERED,
    "attention_guided": JITTERED,
    "chen_attention_gan": JITTERED,
    "cyclegan": JITTERED,
    "ra": JITTERED,
    "cut": JITTERED,
    "fastcut": JITTERED,
    "discogan": (64, 64, None, False),
    "dualgan": (256, 256, None, False),
    "guidegan": JITTERED,
    "guidegan_paired": (128, None, None, True),  # 143
    "instagan": (200, 220, None, True),
    "munit": (256, 256, None, True),
    "pix2pix": JITTERED,
    "cgan": JITTERED,
    "gan": JITTERED,
    "ugatit": JITTERED,
    "stargan": FACES,
    "cam_stargan": FACES,
    "lomit": FACES,
    "drit": (216, 256, None, True),
    "attgan": (128, 143, None, True),
    "cam_attgan": (128, 143, None, True),
    "stgan": (128, 128, 170, False),
    "cam_stgan": (128, 128, 170, False),
    "unit": (216, 259, None, True),  # 1.2 times as large
}


@pytest.mark.parametrize("name", PAPERS)
def test_images_of_the_paper(name):
    data = preset_config(name, "paper", "photos").data
    got = (data.image_size, data.load_size, data.centre_crop, data.flip)
    assert got == DATA[name]


@pytest.mark.parametrize("name", PAPERS)
def test_images_are_resized_as_in_the_official_code(name):
    """Pillow always takes all pixels, TensorFlow 1 and OpenCV the nearest."""
    data = preset_config(name, "paper", "photos").data
    host = name.removeprefix("cam_")
    nearest = {
        "attention_guided",
        "attgan",
        "discogan",
        "dualgan",
        "stgan",
        "unit",
    }
    bilinear = {
        "attention_guided",
        "attgan",
        "discogan",
        "dualgan",
        "lomit",
        "munit",
        "stargan",
        "ugatit",
        "unit",
    }
    assert (data.interpolation == "bilinear") == (host in bilinear)
    assert data.antialias == (host not in nearest)


def test_there_is_a_paper_preset_of_every_method_with_a_paper():
    assert set(PAPERS) == set(DATA) == set(NAMES) - {"segmenter"}


@pytest.mark.parametrize(("name", "preset"), PRESETS)
def test_adam_is_that_of_the_official_code(name, preset):
    """The segmenter is ours."""
    tensorflow = {
        "attention_guided",
        "attgan",
        "dualgan",
        "stgan",
        "segmenter",
    }
    form = preset_config(name, preset, "photos").optimizer.epsilon_form
    own = name.removeprefix("cam_") in tensorflow
    assert form == ("tensorflow" if own else "pytorch")


@pytest.mark.parametrize("name", ["attgan", "stgan", "cam_attgan", "cam_stgan"])
def test_updates_are_as_many_as_in_the_official_code(name):
    """In the authors' code D gets five of six batches, and G the sixth."""
    config = preset_config(name, "paper", "faces")
    epochs = 200 if name.endswith("stgan") else 60
    batches = 5687  # of CelebA's 182,000 training images, 32 each
    steps = config.run.epochs * batches
    critic = config.method.critic_steps
    assert critic == 5
    assert config.run.batch_size == 32
    assert steps == pytest.approx(epochs * batches * 5 / 6)
    assert steps / critic == pytest.approx(epochs * batches / 6)


def rate_at(config, update, steps):
    """The learning rate at an update of D, with epochs of so many steps."""
    options = config.optimizer
    shared = {
        "epoch_steps": steps,
        "constant_epochs": options.constant_epochs,
    }
    if options.halving_epochs is None:
        schedule = EpochwiseLinearDecay(
            options.learning_rate, decay_epochs=options.decay_epochs, **shared
        )
    else:
        schedule = EpochwiseHalving(
            options.learning_rate,
            halving_epochs=options.halving_epochs,
            factor=options.halving_factor,
            **shared,
        )
    return float(schedule(math.ceil(update)))


@pytest.mark.parametrize(
    ("name", "official_epoch", "factor"),
    [
        ("attgan", 0, 1.0),
        ("attgan", 29, 1.0),
        ("attgan", 30, 1 - 1 / 31),
        ("attgan", 54, 1 - 25 / 31),
        ("stgan", 0, 1.0),
        ("stgan", 99, 1.0),
        ("stgan", 100.01, 0.1),
        ("stgan", 199, 0.1),
    ],
)
def test_rates_of_the_official_epochs(name, official_epoch, factor):
    """At the same number of updates the rate is the same.

    AttGAN's falls at our epochs, which start with every sixth of theirs.
    """
    config = preset_config(name, "paper", "faces")
    steps = 600
    got = rate_at(config, official_epoch * steps * 5 / 6, steps)
    np.testing.assert_allclose(got, 2e-4 * factor, rtol=1e-5)
