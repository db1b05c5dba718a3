import json

import numpy as np
import pytest
from tiny import tiny_config

from tfmask.ops.errors import UserError
from tfmask.training.building import build_method
from tfmask.training.checkpoints import Checkpoints, state_variables

pytestmark = pytest.mark.both_stacks


def make_method(name="cyclegan", **options):
    changes = {f"method__{field}": value for field, value in options.items()}
    return build_method(tiny_config(name, **changes), steps_an_epoch=2)


def arrays(method):
    return {k: v.numpy() for k, v in state_variables(method).items()}


def disturb(method):
    """Every variable gets its own values, so that none can be mixed up."""
    for number, variable in enumerate(state_variables(method).values()):
        value = np.full(variable.shape, number + 1, "float64")
        variable.assign(value.astype(variable.numpy().dtype))


def test_state_holds_every_weight_slot_and_pool():
    method = make_method("attention_guided")
    names = list(state_variables(method))
    weights = sum(len(n.weights) for n in method.networks.values())
    assert sum(name.startswith("network/") for name in names) == weights
    slots = 2 * len(method.owned_variables("generator"))
    generator = [n for n in names if n.startswith("optimizer/generator/")]
    assert len(generator) >= slots + 1  # two slots each and the step
    assert "pool/pool_a/images" in names
    assert names[-1] == "progress/step/step"


def test_a_name_is_the_place_in_the_tree_of_layers():
    """Whatever was made before in the process, and in both Keras stacks."""
    state = state_variables(make_method())
    own = [
        name.split("/", 2)[2] for name in state if "discriminator_b/" in name
    ]
    places = [
        f"convolutions/{number}/{kind}"
        for number in range(3)
        for kind in ("kernel", "bias")
    ]
    assert own[: len(places)] == places
    slots = [
        name.removeprefix("optimizer/discriminator/")
        for name in state
        if name.startswith("optimizer/discriminator/")
    ]
    assert {name for name in slots if "discriminator_b" in name} == {
        f"{slot}/discriminator_b/{place}"
        for slot in ("momentums", "velocities")
        for place in places
    }
    assert [name for name in slots if "/" not in name][0] == "iteration"


def test_a_slot_is_named_after_its_variable():
    method = make_method("attention_guided")
    state = state_variables(method)
    optimizer = method.optimizers["generator"]
    for name, variable in state.items():
        kind, _, place = name.partition("/")
        if kind == "network" and any(
            variable is owned for owned in method.owned_variables("generator")
        ):
            slot = state[f"optimizer/generator/velocities/{place}"]
            assert slot.shape == variable.shape, name
    assert len(state) == len({id(v) for v in state.values()})
    assert any(
        state["optimizer/generator/iteration"] is v
        for v in variables_of(optimizer)
    )


@pytest.mark.medium
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("attention_guided", {}),
        ("guidegan", {"memory_images": (3, 5), "cycle_attention": "memory"}),
        ("guidegan_paired", {"memory_images": (3, 3), "levels": 2}),
        ("instagan", {"architecture": "concatenated"}),
    ],
)
def test_restore_brings_back_every_variable(tmp_path, name, options):
    method = make_method(name, **options)
    disturb(method)
    expected = arrays(method)
    checkpoints = Checkpoints(tmp_path)
    checkpoints.save(method, 7)
    other = make_method(name, **options)
    assert checkpoints.restore(other) == 7
    restored = arrays(other)
    assert restored.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_array_equal(restored[name], value, err_msg=name)


METHODS = [
    ("cyclegan", {"discriminator_spectral_normalization": True}),
    ("attention_guided", {}),
    ("pix2pix", {"levels": 2}),
    ("guidegan", {"memory_images": (3, 5)}),
    ("instagan", {}),
    ("stargan", {"attributes": ("x", "y")}),
    ("attgan", {"attributes": ("x", "y"), "layers": 2}),
    ("lomit", {"attributes": ("x", "y"), "style_hidden": 4}),
]


def variables_of(owner):
    variables = owner.variables
    return variables() if callable(variables) else variables


def by_position(method):
    """dict of a name of old checkpoints to a variable."""
    owners = {
        f"network/{name}": n.weights for name, n in method.networks.items()
    }
    for kind in ("optimizer", "pool"):
        for name, owner in getattr(method, f"{kind}s").items():
            owners[f"{kind}/{name}"] = variables_of(owner)
    for name, memory in method.memories.items():
        owners[f"memory/{name}"] = memory.variables
    owners["progress/step"] = [method.step]
    return {
        f"{owner}/{number:03d}": variable
        for owner, variables in owners.items()
        for number, variable in enumerate(variables)
    }


@pytest.mark.medium
@pytest.mark.parametrize(("name", "options"), METHODS)
def test_a_checkpoint_by_position_is_restored(tmp_path, name, options):
    method = make_method(name, **options)
    disturb(method)
    old = {k: v.numpy() for k, v in by_position(method).items()}
    folder = Checkpoints(tmp_path).path(7)
    folder.mkdir()
    np.savez(folder / "state.npz", **old)
    other = make_method(name, **options)
    assert Checkpoints(tmp_path).restore(other) == 7
    restored = by_position(other)
    assert restored.keys() == old.keys()
    for name, value in old.items():
        np.testing.assert_array_equal(
            restored[name].numpy(), value, err_msg=name
        )


@pytest.mark.one_stack
def test_an_old_checkpoint_of_another_config_is_refused(tmp_path):
    method = make_method(blocks=2)
    folder = Checkpoints(tmp_path).path(1)
    folder.mkdir()
    old = {k: v.numpy() for k, v in by_position(method).items()}
    np.savez(folder / "state.npz", **old)
    with pytest.raises(UserError, match="another method or config"):
        Checkpoints(tmp_path).restore(make_method())


def test_the_attention_of_every_image_is_in_the_state():
    names = state_variables(make_method("guidegan", memory_images=(3, 5)))
    shapes = {
        name: tuple(variable.shape)
        for name, variable in names.items()
        if name.startswith("memory/")
    }
    assert shapes == {
        "memory/memory_a/maps": (3, 7, 7),
        "memory/memory_a/views": (3, 4),
        "memory/memory_b/maps": (5, 7, 7),
        "memory/memory_b/views": (5, 4),
    }


@pytest.mark.one_stack
def test_a_memory_of_other_images_is_refused(tmp_path):
    checkpoints = Checkpoints(tmp_path)
    checkpoints.save(make_method("guidegan", memory_images=(3, 5)), 1)
    grown = make_method("guidegan", memory_images=(4, 5))
    with pytest.raises(UserError, match="memory_a/maps: .3, 7, 7. instead of"):
        checkpoints.restore(grown)


@pytest.mark.one_stack
def test_only_the_newest_are_kept(tmp_path):
    method = make_method()
    checkpoints = Checkpoints(tmp_path, keep=2)
    for step in range(1, 5):
        checkpoints.save(method, step)
    assert checkpoints.steps() == [3, 4]


@pytest.mark.one_stack
def test_a_folder_with_the_best_of_an_older_version_goes_on(tmp_path):
    """It kept the lowest loss, too, and wrote down which step that was."""
    checkpoints = Checkpoints(tmp_path, keep=2)
    method = make_method()
    for step in (1, 8):
        checkpoints.save(method, step)
    (tmp_path / "best.json").write_text('{"step": 1, "score": 0.5}')
    assert checkpoints.restore(make_method()) == 8
    checkpoints.save(method, 9)
    assert checkpoints.steps() == [8, 9]


@pytest.mark.one_stack
def test_weights_that_are_not_finite_are_not_saved(tmp_path):
    method = make_method()
    checkpoints = Checkpoints(tmp_path)
    checkpoints.save(method, 1)
    bias = method.generator_a_to_b.trainable_variables[0]
    bias.assign(np.full(bias.shape, np.nan))
    with pytest.raises(UserError, match="NaN or infinite at step 2.*step 1"):
        checkpoints.save(method, 2)
    assert checkpoints.steps() == [1]


@pytest.mark.one_stack
def test_failed_write_leaves_the_old_checkpoint(tmp_path, monkeypatch):
    method = make_method()
    checkpoints = Checkpoints(tmp_path)
    checkpoints.save(method, 1)

    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(OSError, match="No space left"):
        checkpoints.save(method, 2)
    assert [path.name for path in tmp_path.iterdir()] == ["step-00000001"]


@pytest.mark.one_stack
def test_checkpoint_of_another_method_is_refused(tmp_path):
    checkpoints = Checkpoints(tmp_path)
    checkpoints.save(make_method("attention_guided"), 1)
    with pytest.raises(UserError, match="another method or config"):
        checkpoints.restore(make_method("cyclegan"))


@pytest.mark.one_stack
def test_damaged_checkpoint_names_the_file_and_older_ones(tmp_path):
    method = make_method()
    checkpoints = Checkpoints(tmp_path)
    checkpoints.save(method, 1)
    checkpoints.save(method, 2)
    path = checkpoints.path(2) / "state.npz"
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(UserError, match=r"state\.npz.*damaged.*one: 1\."):
        checkpoints.restore(method)


@pytest.mark.one_stack
def test_nothing_to_restore_is_said(tmp_path):
    with pytest.raises(UserError, match="No checkpoint in"):
        Checkpoints(tmp_path).restore(make_method())
    Checkpoints(tmp_path).save(make_method(), 4)
    with pytest.raises(UserError, match="step 9.*There are: 4"):
        Checkpoints(tmp_path).restore(make_method(), step=9)


@pytest.mark.one_stack
def test_info_stands_beside_the_arrays(tmp_path):
    checkpoints = Checkpoints(tmp_path)
    checkpoints.save(make_method(), 3, info={"losses": {"x": 1.5}})
    text = (checkpoints.path(3) / "state.json").read_text()
    assert json.loads(text) == {"step": 3, "losses": {"x": 1.5}}
