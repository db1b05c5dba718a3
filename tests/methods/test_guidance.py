"""What both settings of GuideGAN share: the recursion, the memory, refusals."""

import numpy as np
import pytest
import tensorflow as tf
from tiny_methods import batch, guidegan, guidegan_paired

from tfmask.methods import preset_config
from tfmask.ops.errors import UserError
from tfmask.ops.schedules import EpochwiseLinearDecay

BOTH = pytest.mark.parametrize("make", [guidegan, guidegan_paired])


def made_by(make, **options):
    return make(side=16, compiled=False, **options)


def still(seed=0, **others):
    """A batch that is neither cropped nor mirrored."""
    images = batch(seed, side=16, **others)
    for domain in ("a", "b"):
        images[domain]["window"] *= 0
    return images


def resized(maps):
    return tf.image.resize(maps, (16, 16), "bilinear").numpy()


@pytest.mark.parametrize(
    ("make", "attention", "transfer", "steps", "options"),
    [
        (guidegan, "post_hoc", "multiply", 0, {}),
        (guidegan, "post_hoc", "rgba", 2, {}),
        (guidegan, "ram", "multiply", 3, {}),
        (guidegan_paired, "ram", "rgba", 2, {}),
        (guidegan_paired, "post_hoc", "multiply", 1, {"conditional": True}),
    ],
)
def test_translating_is_a_loop_of_generator_and_discriminator(
    make, attention, transfer, steps, options
):
    if make is guidegan_paired:
        options = {"direction": "b_to_a", **options}
    method = made_by(
        make,
        attention=attention,
        transfer=transfer,
        attention_steps=steps,
        **options,
    )
    if make is guidegan:
        generator, judge = method.generator_b_to_a, method.discriminator_a
    else:
        generator, judge = method.generator, method.discriminator
    image = still()["b"]["image"]
    guide = np.ones((2, 16, 16, 1), "float32")
    expected, guides = [], []
    for _ in range(steps + 1):
        expected.append(generator(image, guide).numpy())
        guides.append(guide)
        seen = [image] * bool(options.get("conditional")) + [expected[-1]]
        guide = resized(judge(np.concatenate(seen, axis=-1)).attention)
    translation = method.translate({"image": image}, "b_to_a")
    np.testing.assert_allclose(translation["image"], expected[-1], atol=1e-5)
    np.testing.assert_allclose(translation["mask"], guides[-1], atol=1e-5)
    every = method.all_steps({"image": image}, "b_to_a")
    assert every["images"].shape == (2, steps + 1, 16, 16, 3)
    np.testing.assert_allclose(
        every["images"], np.stack(expected, 1), atol=1e-5
    )
    np.testing.assert_allclose(every["masks"], np.stack(guides, 1), atol=1e-5)
    assert method.spec.mask_kind == "discriminator_attention"
    assert ("step_change" in translation) == (steps > 0)
    if steps:
        assert np.abs(expected[-1] - expected[0]).max() > 1e-2
        change = np.abs(np.diff(np.stack(expected), axis=0)).max((2, 3, 4))
        np.testing.assert_allclose(
            translation["step_change"], change.T, atol=2e-5
        )


@BOTH
def test_a_translation_does_not_depend_on_its_batch(make):
    method = made_by(make)
    image = still(count=3)["a"]["image"]
    together = method.translate({"image": image})
    for number in range(3):
        alone = method.translate({"image": image[number : number + 1]})
        for name, value in alone.items():
            np.testing.assert_allclose(
                value[0], together[name][number], atol=1e-4
            )


def test_images_too_small_to_be_judged_are_translated():
    method = guidegan(side=24, compiled=False, discriminator_layers=3)
    translation = method.translate({"image": batch()["a"]["image"]})
    assert translation["image"].shape == (2, 8, 8, 3)
    assert translation["mask"].shape == (2, 8, 8, 1)
    assert np.ptp(translation["mask"]) > 0.5


@BOTH
def test_the_callers_map_guides(make):
    method = made_by(make)
    image = still()["a"]["image"]
    mask = np.random.default_rng(3).uniform(0, 1, (2, 16, 16, 1))
    mask = tf.constant(mask.astype("float32"))
    translation = method.translate({"image": image, "mask": mask})
    generator, _ = method.players_of("a_to_b")
    np.testing.assert_array_equal(translation["image"], generator(image, mask))
    np.testing.assert_array_equal(translation["mask"], mask)


@pytest.mark.parametrize(
    ("make", "names"),
    [
        (
            guidegan,
            "real_a mask_a fake_b real_b mask_b fake_a unguided_b unguided_a",
        ),
        (guidegan_paired, "real_a mask_a fake_b real_b unguided_b"),
    ],
)
def test_grids_show_the_attention_and_what_it_changed(make, names):
    method = made_by(make)
    images = still()
    shown = method.images_to_show(images)
    assert list(shown) == names.split()
    every = method.all_steps(images["a"], "a_to_b")
    np.testing.assert_allclose(
        shown["unguided_b"], every["images"][:, 0], atol=1e-5
    )
    np.testing.assert_allclose(shown["fake_b"], every["images"][:, -1])
    np.testing.assert_allclose(shown["mask_a"], every["masks"][:, -1])


@BOTH
def test_old_maps_move_to_the_new_window(make):
    images = still()
    moved_images = still()
    moved_images["a"]["window"] = tf.constant([[0, 2, 0], [0, 0, 1]])
    for align in (True, False):
        method = made_by(make, align_attention=align)
        method.compute_losses(images)
        plain = method.recall("memory_a", images["a"]).numpy()
        recalled = method.recall("memory_a", moved_images["a"]).numpy()
        if not align:
            np.testing.assert_array_equal(recalled, plain)
            continue
        np.testing.assert_array_equal(recalled[0, :, :-2], plain[0, :, 2:])
        np.testing.assert_array_equal(recalled[1], plain[1, :, ::-1])


@BOTH
@pytest.mark.parametrize("key", ["index", "window"])
def test_an_image_without_a_place_is_refused(make, key):
    images = still()
    del images["a"][key]
    with pytest.raises(UserError, match=f"Missing: {key}. Got: image"):
        made_by(make).compute_losses(images)


@BOTH
def test_images_that_are_not_in_the_memory_are_refused(make):
    with pytest.raises(UserError, match="`memory_images`"):
        made_by(make, memory_images=()).compute_losses(still())
    method = made_by(make, memory_images=(1, 2))
    with pytest.raises(
        tf.errors.InvalidArgumentError, match="one of the 1 images"
    ):
        method.compute_losses(still())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"learnable_alpha": True}, "`learnable_alpha`"),
        ({"memory_images": (3,)}, "`memory_images`"),
        ({"memory_images": (3, 0)}, "`memory_images`"),
        ({"attention_steps": -1}, "`attention_steps`"),
        ({"adversarial_weight": 0.0}, "`adversarial_weight`"),
        ({"normalization": "batch"}, "`normalization` must be instance"),
        ({"initializer_stddev": 0.0}, "`initializer_stddev`"),
    ],
)
@BOTH
def test_options_that_make_no_sense_are_refused(make, options, message):
    with pytest.raises(ValueError, match=message):
        made_by(make, **options)


@pytest.mark.parametrize(
    ("make", "options", "message"),
    [
        (
            guidegan,
            {"attention_mode": "inner", "cycle_attention": "memory"},
            "`cycle_attention`",
        ),
        (guidegan_paired, {"l1_weight": -1.0}, "`l1_weight`"),
        (guidegan_paired, {"levels": 1}, "`levels` must be 2 or more"),
    ],
)
def test_options_of_one_setting_are_checked(make, options, message):
    with pytest.raises(ValueError, match=message):
        made_by(make, **options)


@BOTH
def test_the_memory_does_not_grow_with_the_images(make):
    small = made_by(make).memory_a.maps.shape
    assert small == (2, 7, 7)
    large = make(side=32, compiled=False, discriminator_layers=2)
    assert large.memory_a.maps.shape == small


@pytest.mark.parametrize("name", ["guidegan", "guidegan_paired"])
def test_the_papers_presets_and_their_learning_rate(name):
    config = preset_config(name, "paper", "")
    method, optimizer = config.method, config.optimizer
    other = {"guidegan": "cycle_weight", "guidegan_paired": "l1_weight"}[name]
    assert method.adversarial_weight == getattr(method, other) == 10
    assert (method.attention, method.transfer) == ("post_hoc", "multiply")
    assert (config.run.epochs, config.run.batch_size) == (150, 1)
    step = tf.Variable(0)
    rate = EpochwiseLinearDecay(
        optimizer.learning_rate,
        step=step,
        epoch_steps=1,
        constant_epochs=optimizer.constant_epochs,
        decay_epochs=optimizer.decay_epochs,
    )
    # The last epoch is number 149; the rate would be 0 after it.
    for epoch, expected in ((100, 2e-4), (125, 1e-4), (149, 4e-6)):
        step.assign(epoch)
        assert float(rate(0)) == pytest.approx(expected, rel=1e-5)
