import math
from functools import partial

import keras
import numpy as np
import pytest
import tensorflow as tf
from precisions import in_float64
from tensorflow.config import LogicalDevice
from tiny import tiny_config

from tfmask.ops.errors import UserError
from tfmask.training.building import build_method
from tfmask.training.callbacks import MetricRows, SampleGrids
from tfmask.training.checkpoints import Checkpoints, state_variables
from tfmask.training.loop import StopRequest, TrainingLoop, distributed_batches
from tfmask.training.strategies import make_strategy
from tfmask.training.training_data import open_training_data

pytestmark = pytest.mark.both_stacks


def trained(
    config, steps, *, strategy=None, optimizer=None, data=None, **options
):
    """A method after some steps, and what the loop counted."""
    strategy = strategy or tf.distribute.get_strategy()
    data = data or open_training_data(config)
    with strategy.scope():
        method = build_method(config, steps_an_epoch=2)
        if optimizer is not None:
            method.compile(optimizer)
        batches = partial(distributed_batches, data, strategy, config)
        callbacks = options.pop("callbacks", [])
        limits = {
            k: options.pop(k) for k in ("seconds", "stop") if k in options
        }
        loop = TrainingLoop(method, strategy, batches, **options)
        return method, loop.run(0, steps, callbacks, **limits)


def assert_same_weights(first, second, atol):
    pairs = zip(
        state_variables(first).items(),
        state_variables(second).values(),
        strict=True,
    )
    for (name, one), other in pairs:
        np.testing.assert_allclose(
            one.numpy(), other.numpy(), atol=atol, rtol=0, err_msg=name
        )


def sgd(player=None):
    # Larger steps and flatter maps amplify rounding: with a rate of 0.01 and
    # deviation 0.02, only reversing the batch on one device ends 1e-3 apart.
    return keras.optimizers.SGD(0.001)


class Doubled:
    """Training data in float64."""

    def __init__(self, data):
        self.data = data

    def train_batches(self, *args, **options):
        return self.data.train_batches(*args, **options).map(in_float64)


@pytest.mark.slow
def test_two_replicas_train_as_one_device(two_replicas, monkeypatch):
    """In float64, where rounding stays far below the tolerance."""
    set_policy = keras.mixed_precision.set_global_policy
    monkeypatch.setattr(
        keras.mixed_precision,
        "set_global_policy",
        lambda name: set_policy("float64"),
    )
    config = tiny_config("cyclegan", method__initializer_stddev=0.1)
    data = Doubled(open_training_data(config))
    try:
        # SGD, because Adam turns the rounding noise of gradients that are
        # mathematically 0 (biases before instance norm) into whole steps.
        one, two = (
            trained(config, 3, strategy=strategy, optimizer=sgd, data=data)[0]
            for strategy in (None, two_replicas)
        )
    finally:
        set_policy("float32")
    assert one.generator_a_to_b.weights[0].dtype == "float64"
    assert_same_weights(one, two, atol=1e-9)


@pytest.mark.slow
def test_several_steps_a_call_are_the_same_steps():
    config = tiny_config("cyclegan", method__initializer_stddev=0.1)
    single, _ = trained(config, 4, optimizer=sgd)
    several, count = trained(config, 4, optimizer=sgd, steps_per_call=3)
    assert count == 4
    assert_same_weights(single, several, atol=1e-5)


def test_calls_end_where_a_callback_or_a_phase_wants_it():
    config = tiny_config("attention_guided", method__freeze_attention_epoch=2)
    assert config.method.masked_discriminator_epoch == 16
    method = build_method(config, steps_an_epoch=2)
    loop = TrainingLoop(
        method, tf.distribute.get_strategy(), None, steps_per_call=10
    )
    steps, counts = 0, []
    while steps < 12:
        counts.append(loop._steps_to_next_event(steps, 12, [5]))
        steps += counts[-1]
    # freeze at step 4, masked from step 32, a callback at 5 and 10
    assert counts == [4, 1, 5, 2]


def test_time_limit_and_stop_request_end_between_steps():
    config = tiny_config("cyclegan")
    _, steps = trained(config, 10, seconds=0.0)
    assert steps == 0
    stop = StopRequest()
    stop.signal = 2
    _, steps = trained(config, 10, stop=stop)
    assert steps == 0


class FewSteps(keras.callbacks.Callback):
    """Breaks a weight after the first step."""

    def on_train_batch_end(self, step, logs=None):
        kernel = self.model.generator_a_to_b.trainable_variables[0]
        kernel.assign(np.full(kernel.shape, math.nan))


@pytest.mark.medium
def test_nan_stops_and_names_the_loss_and_the_last_good_step(tmp_path):
    rows = MetricRows(
        tmp_path,
        1,
        epoch_steps=2,
        writer=None,
        checkpoints=Checkpoints(tmp_path / "none"),
    )
    with pytest.raises(UserError, match="is nan at step 2.*no checkpoint yet"):
        trained(tiny_config("cyclegan"), 4, callbacks=[rows, FewSteps()])


@pytest.mark.medium
@pytest.mark.parametrize(
    ("bias", "mean"), [(-20.0, "0.0000"), (20.0, "1.0000")]
)
def test_collapsed_attention_stops_before_the_second_stage(
    tmp_path, bias, mean
):
    method, grids = with_grids(tmp_path)
    method.attention_a.decoder[-1].bias.assign([bias])
    method.phase = (True, True)
    with pytest.raises(UserError, match=f"mask_a.*collapsed.*{mean}"):
        grids.on_train_batch_begin(3)


def test_no_attention_at_all_is_no_collapse(tmp_path):
    method, grids = with_grids(tmp_path, method__use_attention_a=False)
    method.phase = (True, True)
    grids.on_train_batch_begin(3)


def with_grids(tmp_path, **changes):
    """Attention-guided translation and what saves its pictures."""
    config = tiny_config("attention_guided", **changes)
    method = build_method(config, steps_an_epoch=2)
    image = tf.random.normal((2, 16, 16, 3))
    grids = SampleGrids(
        tmp_path,
        100,
        batch={"a": {"image": image}, "b": {"image": image}},
        writer=tf.summary.create_file_writer(str(tmp_path / "tb")),
        title="t",
    )
    grids.set_model(method)
    grids.on_train_begin()
    return method, grids


def test_mirrored_strategy_takes_the_replicas_that_are_asked_for():
    config = tiny_config("cyclegan", run__strategy="mirrored", run__replicas=2)
    assert make_strategy(config).num_replicas_in_sync == 2
    config = tiny_config("cyclegan", run__strategy="mirrored", run__replicas=9)
    with pytest.raises(UserError, match="is 9, but .* 2 CPUs and no GPU"):
        make_strategy(config)


@pytest.mark.parametrize(
    ("asked", "taken"), [(None, ["GPU:0", "GPU:1"]), (1, ["GPU:0"])]
)
def test_mirrored_strategy_takes_gpus_where_there_are_some(
    monkeypatch, asked, taken
):
    pretend_gpus(monkeypatch, 2)
    # Without its GPUs there is no such strategy here.
    monkeypatch.setattr(tf.distribute, "MirroredStrategy", list)
    config = tiny_config(
        "cyclegan", run__strategy="mirrored", run__replicas=asked
    )
    assert make_strategy(config) == taken


def test_too_few_gpus_are_not_replaced_by_cpus(monkeypatch):
    pretend_gpus(monkeypatch, 1)
    config = tiny_config("cyclegan", run__strategy="mirrored", run__replicas=2)
    with pytest.raises(UserError, match="is 2, but TensorFlow sees 1 GPU."):
        make_strategy(config)


def pretend_gpus(monkeypatch, count):
    """Lists so many GPUs beside two CPUs."""

    def devices(kind):
        names = range({"GPU": count, "CPU": 2}[kind])
        return [LogicalDevice(f"{kind}:{n}", kind) for n in names]

    monkeypatch.setattr(tf.config, "list_logical_devices", devices)


@pytest.mark.medium
def test_averaged_weights_are_what_a_run_translates_with():
    from tfmask.training.building import use_averaged_weights

    config = tiny_config("cyclegan", optimizer__ema_momentum=0.5)
    data = open_training_data(config)
    method = build_method(config, steps_an_epoch=2)
    batch = next(iter(data.train_batches(2, seed=0)))
    kernel = method.owned_variables("generator")[0]
    # Keras 2 averages the initial value, too.
    expected = kernel.numpy() if keras.__version__ < "3" else None
    for _ in range(3):
        method.train_step(batch)
        value = kernel.numpy()
        expected = value if expected is None else 0.5 * (expected + value)
    use_averaged_weights(method)
    np.testing.assert_allclose(kernel.numpy(), expected, atol=1e-6)


def test_addons_optimizer_trains_and_its_slots_are_restored(tmp_path):
    pytest.importorskip("tensorflow_addons")
    config = tiny_config("cyclegan", optimizer__name="addons:LazyAdam")
    first, _ = trained(config, 2)
    assert int(first.step.numpy()) == 2
    Checkpoints(tmp_path).save(first, 2)
    second = build_method(config, steps_an_epoch=2)
    Checkpoints(tmp_path).restore(second)
    assert_same_weights(first, second, atol=0)


def test_addons_without_the_package_is_explained():
    try:
        import tensorflow_addons  # noqa: F401
    except ImportError:
        config = tiny_config("cyclegan", optimizer__name="addons:LazyAdam")
        with pytest.raises(UserError, match=r"tfmask\[addons\]"):
            build_method(config, steps_an_epoch=2)
    else:
        pytest.skip("tensorflow-addons is installed here")


def test_discriminators_may_have_their_own_learning_rate():
    config = tiny_config(
        "cyclegan",
        optimizer__learning_rate=0.4,
        optimizer__discriminator_learning_rate=0.1,
        optimizer__constant_epochs=1,
        optimizer__decay_epochs=2,
    )
    method = build_method(config, steps_an_epoch=2)
    method.step.assign(4)  # second of two epochs of decay
    for player, rate in (("generator", 0.2), ("discriminator", 0.05)):
        optimizer = method.optimizers[player]
        schedule = getattr(optimizer, "_learning_rate", None)
        assert float(schedule(optimizer.iterations)) == pytest.approx(rate)
