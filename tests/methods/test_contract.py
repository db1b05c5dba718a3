"""The contract of all methods.

The tests run for all of `tfmask.methods.NAMES`, the slowest ones for one method
of each class. A method with a missing part fails.
"""

import dataclasses
import shlex
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from exports import CLASSES, tiny_options
from processes import start_workers
from replicas import assert_equal_to_one_device

from tfmask.methods import NAMES, method_spec, preset_config
from tfmask.training.building import build_method
from tfmask.training.checkpoints import Checkpoints, state_variables
from tfmask.training.loop import distributed_batches
from tfmask.training.training_data import following, open_training_data
from trainers import train

pytestmark = pytest.mark.both_stacks
ROOT = Path(__file__).parents[2]

LOCATIONS = {"paired": "synthetic:paired", "attributes": "synthetic:attributes"}
# Maps are remembered, or masks and features enlarged, in float32.
FLOAT32 = dict.fromkeys(("guidegan", "guidegan_paired", "lomit", "ra"), 1e-6)
# Without R1, because rounding decides the order of pixels with almost equal
# masks, and so the gradient. The smoothness of masks is a sum over the global
# batch.
ON_REPLICAS = {
    "lomit": {"mask_similarity_weight": 0.0, "mask_variation_weight": 0.01},
}

# Methods with a memory take two steps: the second reads what the first wrote.
REMEMBER = ("guidegan", "guidegan_paired")
# These methods compare halves of a batch, so a device needs two images.
HALVED = ("drit",)
# These have no option for the kernels' deviation. With 0.02 they hardly move.
ENLARGED = ("drit",)


def location_of(name):
    return LOCATIONS.get(method_spec(name).data, "synthetic")


def tiny_run(name, batch_size=4):
    """(config, data) of a run of tiny networks at 16 px."""
    config = preset_config(name, "quick", location_of(name))
    groups = {
        "method": tiny_options(config.method),
        "data": {"image_size": 16, "synthetic_count": 8, "epoch_steps": 4},
        "run": {"batch_size": batch_size, "samples": 2},
        "optimizer": {},
    }
    config = dataclasses.replace(
        config,
        **{
            group: dataclasses.replace(getattr(config, group), **changes)
            for group, changes in groups.items()
        },
    )
    data = open_training_data(config)
    return following(config, data), data


@pytest.fixture(scope="module", params=NAMES)
def tiny(request):
    """(name, config, data, method, two batches)."""
    config, data = tiny_run(request.param)
    method = build_method(config, 4)
    return request.param, config, data, method, first_batches(data, config)


def first_batches(data, config):
    """The global batches of the first two steps, a list."""
    one_device = tf.distribute.get_strategy()
    return [*distributed_batches(data, one_device, config, 0).take(2)]


def values_of(variables):
    return [variable.numpy() for variable in variables]


def changed(before, variables):
    return [
        not np.array_equal(old, new)
        for old, new in zip(before, values_of(variables), strict=True)
    ]


def test_losses_are_finite_and_weighted(tiny):
    _, _, _, method, (batch, _) = tiny
    losses = method.compute_losses(batch, training=False)
    assert set(losses) == set(method.players)
    for player, terms in losses.items():
        assert terms, player
        for term, (value, weight) in terms.items():
            if value is None:
                continue  # not in this phase
            assert value.shape == () and np.isfinite(value), (player, term)
            if isinstance(weight, float):  # a ramp may begin at 0
                assert np.isfinite(weight) and weight != 0, (player, term)


def test_a_player_moves_its_own_variables_only(tiny):
    _, _, _, method, (batch, _) = tiny
    everything = [
        variable
        for network in method.networks.values()
        for variable in network.trainable_variables
    ]
    for player in method.players:
        own = {id(v) for v in method.owned_variables(player)}
        others = [v for v in everything if id(v) not in own]
        mine = [v for v in everything if id(v) in own]
        assert mine, player
        before, before_others = values_of(mine), values_of(others)
        method.learn(
            (player,), lambda players: method.compute_losses(batch, players)
        )
        assert any(changed(before, mine)), player
        assert not any(changed(before_others, others)), player


def test_it_translates_what_it_declares(tiny):
    _, _, _, method, (batch, _) = tiny
    spec, source = method.spec, method.directions[0][0]
    inputs = {"image": batch[source]["image"]}
    target = batch.get("b", batch["a"])
    for port in spec.required[1:]:
        known = batch[source].get(port.name)
        inputs[port.name] = target["image"] if known is None else known
    translation = method.translate(inputs, method.directions[0])
    shape = inputs["image"].shape[1:3]
    for port in spec.outputs:
        value = translation[port.name]
        assert value.dtype == tf.float32
        assert value.shape[-3:-1] == shape
        assert value.shape[-1] == (3 if port.kind == "image" else 1)
        low = -1.0 if port.kind == "image" else 0.0
        if port.kind != "image":
            assert low <= np.min(value) and np.max(value) <= 1.0
    shown = method.images_to_show(batch)
    assert all(np.ndim(images) == 4 for images in shown.values())


def assert_replicas_equal_one_device(strategy, name, config, batches):
    """Weights after a step, or two where one remembers; see `replicas`."""
    options = dataclasses.replace(config.method, **ON_REPLICAS.get(name, {}))
    if hasattr(options, "initializer_stddev"):
        options = dataclasses.replace(options, initializer_stddev=0.1)

    def make():
        keras.utils.set_random_seed(0)
        method = method_spec(name).load_model()(
            options, image_size=(16, 16), epoch_steps=4
        )
        for network in method.networks.values() if name in ENLARGED else ():
            for weight in network.trainable_weights:
                if len(weight.shape) == 4:
                    weight.assign(10.0 * weight.numpy())
        method.compile(lambda settings: keras.optimizers.SGD(0.003))
        return method

    assert_equal_to_one_device(
        strategy,
        make,
        batches,
        FLOAT32.get(name, 1e-9),
        one_step=name not in REMEMBER,
    )


# Each has something of its own that replicas could get wrong: a sequence of
# instances, penalties of gradients, pairs of images and codes, memories.
# `many_devices.py` without names takes all methods, which is minutes of work.
ON_FOUR_DEVICES = ("instagan", "stargan")
ON_TWO_WORKERS = ("drit", "guidegan")
# In test_base.py and in test_critic.py.
REPLICATED_ELSEWHERE = ("attention_guided", "cam_stargan", "instagan")
# Memories, penalties, global batch statistics; in seconds.
REPLICATED_FAST = ("guidegan", "stargan", "pix2pix")


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(n, marks=() if n in REPLICATED_FAST else pytest.mark.slow)
        for n in CLASSES
        if n not in REPLICATED_ELSEWHERE
    ],
)
def test_two_replicas_equal_one_device(name, two_replicas):
    config, data = tiny_run(name)
    batches = first_batches(data, config)
    assert_replicas_equal_one_device(two_replicas, name, config, batches)


@pytest.mark.slow
@pytest.mark.release
@pytest.mark.parametrize(
    "devices, workers, names",
    [
        (4, 1, ON_FOUR_DEVICES),
        pytest.param(1, 2, ON_TWO_WORKERS, marks=pytest.mark.multiworker),
    ],
)
def test_devices_and_workers_equal_one_device(devices, workers, names):
    """The methods in one process, because TensorFlow's start takes long."""
    script = ROOT / "tests/methods/many_devices.py"
    processes = start_workers(
        [sys.executable, script, devices, *names], workers
    )
    try:
        for process in processes:
            out, err = process.communicate(timeout=900)
            assert process.returncode == 0, err
            assert out.split() == list(names)
    finally:
        for process in processes:
            process.kill()


def by_position(method):
    """dict of a variable's position to its value, without checkpoint keys."""
    owners = {**method.networks, **method.optimizers}
    arrays = {}
    for name, owner in {**owners, **method.pools, **method.memories}.items():
        weights = getattr(owner, "weights", None)
        if weights is None or callable(weights):
            weights = owner.variables
            weights = weights() if callable(weights) else weights
        for place, variable in enumerate(weights):
            arrays[f"{name}/{place}"] = variable.numpy()
    return arrays


READER = """
import sys
from pathlib import Path
sys.path[:0] = ["tests", "tests/methods", "tests/trainers"]
import keras
import numpy as np
from test_contract import CLASSES, Checkpoints, build_method, by_position
from test_contract import tiny_run

keras.layers.Conv2D(1, 1).build((None, 4, 4, 1))  # Keras' counters go on
for name in reversed(CLASSES):
    method = build_method(tiny_run(name)[0], 4)
    Checkpoints(Path(sys.argv[1], name)).restore(method)
    np.savez(Path(sys.argv[1], name, "found.npz"), **by_position(method))
"""


@pytest.mark.slow
def test_a_new_process_restores_every_variable(tmp_path):
    expected = {}
    for name in CLASSES:
        method = build_method(tiny_run(name)[0], 4)
        for number, variable in enumerate(state_variables(method).values()):
            value = np.full(variable.shape, number + 1, "float64")
            variable.assign(value.astype(variable.numpy().dtype))
        Checkpoints(tmp_path / name).save(method, 1)
        expected[name] = by_position(method)
    subprocess.run(
        [sys.executable, "-c", READER, str(tmp_path)], check=True, cwd=ROOT
    )
    for name, variables in expected.items():
        with np.load(tmp_path / name / "found.npz") as restored:
            assert set(restored.files) == set(variables)
            for place, value in variables.items():
                np.testing.assert_array_equal(restored[place], value, place)


# Whole roads of the command line train these: tests/trainers/test_cli.py, and
# test_cli_attributes.py, test_cli_guided.py, test_cli_instances.py,
# test_cli_pairs.py beside it.
TRAINED_ELSEWHERE = (
    *("attention_guided", "cyclegan", "guidegan", "instagan"),
    *("pix2pix", "stargan"),
)


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", [name for name in CLASSES if name not in TRAINED_ELSEWHERE]
)
def test_two_steps_by_the_command_line(name, tmp_path):
    run = tmp_path / "run"
    options = tiny_options(preset_config(name, "quick", "").method)
    command = [
        name,
        "--run",
        run,
        "--data",
        location_of(name),
        *shlex.split(
            "--steps 2 --image-size 16 --batch-size 2 "
            "--data.epoch-steps 2 --data.synthetic-count 4 "
            "--run.samples 2 --run.log-every 1"
        ),
    ]
    for field, value in options.items():
        command += [f"--method.{field}", value]
    assert train.main([str(word) for word in command]) == 0
    assert (run / "checkpoints" / "step-00000002").is_dir()
    card = (run / "model_card.md").read_text()
    assert method_spec(name).mask in card
    header = (run / "metrics.csv").read_text().splitlines()[0].split(",")
    assert "step" in header and len(header) > 2
