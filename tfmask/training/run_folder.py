"""Run folders: from a config to a method and back from a folder."""

import dataclasses
import hashlib
import json
import os
from pathlib import Path

from tfmask.configs import (
    DataConfig,
    OptimizerConfig,
    RunConfig,
    TrainConfig,
)
from tfmask.configs.removed import without_removed
from tfmask.methods import NAMES, method_spec
from tfmask.ops.errors import UserError, unknown_name
from tfmask.ops.files import write_json
from tfmask.training.checkpoints import Checkpoints

CONFIG = "config.json"
CHECKPOINTS = "checkpoints"
SYNTHETIC_TEST_IMAGES = 100


def epoch_steps(config, counts):
    """Steps of an epoch: the larger domain once, or as configured.

    Args:
        config: `TrainConfig`.
        counts: {"a": int, "b": int}, training images.
    """
    if config.data.epoch_steps is not None:
        return config.data.epoch_steps
    return max(1, max(counts.values()) // config.run.batch_size)


def total_steps(config, steps_an_epoch):
    """Training steps in all."""
    if config.run.steps is not None:
        return config.run.steps
    return round(config.run.epochs * steps_an_epoch)


def open_training_data(config, splits=None):
    """The `ImageSet` of a config.

    Args:
        config: `TrainConfig`.
        splits: of "train" and "test"; None: training images, and test images
            if there are any.

    Raises:
        UserError: see `open_data`; or the method needs another kind of data.
    """
    from data_pipelines.splits import present_splits

    if splits is None:
        has_test = "test" in present_splits(config.data.location)
        splits = ("train", "test") if has_test else ("train",)
    return open_images(config, method_spec(config.method_name), splits)


def open_images(config, spec, splits):
    """The `ImageSet` of a config, of the kind that a method needs.

    Args:
        config: `TrainConfig`.
        spec: `MethodSpec`.
        splits: of "train" and "test".

    Raises:
        UserError: see `open_data`; or the method needs another kind of data.
    """
    from data_pipelines import open_data
    from data_pipelines.drawing import require_kind

    data = open_data(
        config.data.location,
        image_size=config.data.image_size,
        seed=config.run.seed,
        skip_bad_files=config.data.skip_bad_files,
        splits=splits,
        synthetic_count=(config.data.synthetic_count, SYNTHETIC_TEST_IMAGES),
        attributes=config.data.attributes,
        centre_crop=config.data.centre_crop,
        interpolation=config.data.interpolation,
        antialias=config.data.antialias,
        paired=spec.data == "paired",
        label_domains=config.data.label_domains,
        masks_for_training=config.data.masks_for_training,
    )
    require_kind(data, spec.data, config.method_name)
    return data


def example_options(config):
    """What examples must hold for a method, as arguments of the data.

    Returns:
        dict for `ImageSet.train_batches` and `sample_batch`.
    """
    from data_pipelines.drawing import CYCLE, UNPAIRED, drawing_for

    spec = method_spec(config.method_name)
    pairing = CYCLE if config.data.pairing == "cycle" else UNPAIRED
    return {
        "drawing": drawing_for(
            spec.data, second=bool(spec.other_images), pairing=pairing
        ),
        "with_instances": spec.data == "instances",
    }


def following(config, data):
    """The config with all of its method's options that follow the data.

    Raises:
        UserError: the options name other values than the data has, or masks
            are given to a method that learns from none.
    """
    spec = method_spec(config.method_name)
    if any(data.taught.values()) and not spec.learns_from_masks:
        able = [n for n in NAMES if method_spec(n).learns_from_masks]
        raise UserError(
            "`data.masks_for_training` gives masks, but "
            f"{config.method_name} does not learn from them. Leave it out, or "
            f"take {' or '.join(able)}."
        )
    return dataclasses.replace(config, method=spec.follow(config.method, data))


def is_chief(config):
    """Whether this process writes: the only one, or worker 0 of TF_CONFIG.

    Raises:
        UserError: TF_CONFIG is missing or damaged under `multiworker`.
    """
    if config.run.strategy != "multiworker":
        return True
    try:
        return json.loads(os.environ["TF_CONFIG"])["task"]["index"] == 0
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(
            "`--strategy multiworker` needs the environment variable "
            'TF_CONFIG, for example {"cluster": {"worker": ["host0:12345", '
            '"host1:12345"]}, "task": {"type": "worker", "index": 0}}. '
            f"Got: {os.environ.get('TF_CONFIG')!r}"
        ) from error


def make_strategy(config):
    """The tf.distribute strategy of a config.

    Raises:
        UserError: there are fewer devices than `run.replicas`. CPUs count
            only where there is no GPU.
    """
    import tensorflow as tf

    kind, replicas = config.run.strategy, config.run.replicas
    if kind == "none":
        return tf.distribute.get_strategy()
    if kind == "multiworker":
        return tf.distribute.MultiWorkerMirroredStrategy()
    devices = tf.config.list_logical_devices("GPU")
    devices = devices or tf.config.list_logical_devices("CPU")
    count = replicas or len(devices)
    if count > len(devices):
        kind = devices[0].device_type
        found = f"{len(devices)} {kind}{'s' if len(devices) > 1 else ''}"
        others = "" if kind == "GPU" else " and no GPU"
        raise UserError(
            f"`run.replicas` is {count}, but TensorFlow sees {found}{others}. "
            f"Choose --run.replicas {len(devices)} or fewer."
        )
    return tf.distribute.MirroredStrategy(
        [device.name for device in devices[:count]]
    )


def optimizer_factory(config, steps_an_epoch, step):
    """Function of the name of a player's settings that makes its optimizer.

    Args:
        config: `TrainConfig`.
        steps_an_epoch: int.
        step: int variable, the training steps taken.
    """
    from tfmask.layers.normalization import addons_member
    from tfmask.ops.optimizers import (
        Adam,
        PyTorchAdam,
        StartedRMSprop,
        with_l2,
    )
    from tfmask.ops.schedules import EpochwiseHalving, EpochwiseLinearDecay

    options = config.optimizer
    arguments = {
        "beta_1": options.beta_1,
        "beta_2": options.beta_2,
        "epsilon": options.epsilon,
    }
    if options.name == "rmsprop":
        arguments = {
            "rho": options.beta_2,
            "epsilon": options.epsilon,
            "start": options.squares_start,
        }
    if options.ema_momentum is not None:
        arguments |= {"use_ema": True, "ema_momentum": options.ema_momentum}
    kind, _, name = options.name.partition(":")
    if kind == "addons":
        make = addons_member("optimizers", name)
    elif options.name == "adam":
        forms = {"tensorflow": Adam, "pytorch": PyTorchAdam}
        make = forms[options.epsilon_form]
    elif options.name == "rmsprop":
        make = StartedRMSprop
    else:
        raise unknown_name(
            "optimizer", options.name, ["adam", "rmsprop", "addons:OPTIMIZER"]
        )
    if options.l2:
        if kind == "addons":
            raise UserError(
                "--optimizer.l2 goes with adam and rmsprop, not with "
                f"tensorflow-addons' optimizers. Got: {options.name}."
            )
        make = with_l2(make, options.l2)

    def optimizer(settings):
        rate = options.learning_rate
        if settings == "discriminator":
            rate = options.discriminator_learning_rate or rate
        if settings == "content":
            rate = options.content_learning_rate or rate
        if settings == "lessons":
            return lesson_optimizer(config, steps_an_epoch, step)
        shared = {
            "step": step,
            "epoch_steps": steps_an_epoch,
            "constant_epochs": options.constant_epochs,
        }
        if options.halving_epochs is None:
            schedule = EpochwiseLinearDecay(
                rate, decay_epochs=options.decay_epochs, **shared
            )
        else:
            schedule = EpochwiseHalving(
                rate,
                halving_epochs=options.halving_epochs,
                factor=options.halving_factor,
                **shared,
            )
        try:
            return make(learning_rate=schedule, **arguments)
        except TypeError as error:
            raise UserError(
                f"The optimizer `{options.name}` does not take Adam's "
                f"arguments: {error}. Choose another --optimizer.name."
            ) from error

    return optimizer


def lesson_optimizer(config, steps_an_epoch, step):
    """Adam for lessons; its rate is constant, then falls to 0 at their end."""
    from tfmask.ops.optimizers import Adam
    from tfmask.ops.schedules import EpochwiseLinearDecay

    options = config.method
    half = options.lesson_epochs / 2
    return Adam(
        EpochwiseLinearDecay(
            config.optimizer.lesson_learning_rate,
            epoch_steps=steps_an_epoch,
            constant_epochs=options.first_lesson_epoch + half,
            decay_epochs=half,
            step=step,
        )
    )


def build_method(config, steps_an_epoch):
    """A compiled method with new weights; call it in the strategy's scope."""
    import keras

    keras.mixed_precision.set_global_policy(
        "mixed_bfloat16" if config.run.precision == "bfloat16" else "float32"
    )
    keras.utils.set_random_seed(config.run.seed)
    method = method_spec(config.method_name).load_model()(
        config.method,
        image_size=config.data.height_width,
        epoch_steps=steps_an_epoch,
        seed=config.run.seed,
    )
    method.compile(optimizer_factory(config, steps_an_epoch, method.step))
    return method


def write_config(run, config, **facts):
    """Writes `config.json`: the resolved config and what it ran with."""
    facts = {"config": dataclasses.asdict(config), **facts}
    write_json(Path(run) / CONFIG, facts)


def read_config(run):
    """Reads `config.json`.

    Args:
        run: run folder.

    Returns:
        (`TrainConfig`, dict of the other facts).

    Raises:
        UserError: the folder is no run folder.
    """
    path = Path(run) / CONFIG
    try:
        facts = json.loads(path.read_text())
    except FileNotFoundError as error:
        raise UserError(
            f"`{run}` is not a run folder: it has no {CONFIG}. Make one "
            "with `tfmask train`."
        ) from error
    except ValueError as error:
        raise UserError(
            f"`{path}` is damaged: {error}. Take another run."
        ) from error
    try:
        plain = facts.pop("config")
        groups = {
            name: without_removed(name, plain[name])
            for name in ("method", "data", "optimizer", "run")
        }
        config = TrainConfig(
            method_name=plain["method_name"],
            preset=plain["preset"],
            method=method_spec(plain["method_name"]).config(**groups["method"]),
            data=DataConfig(**groups["data"]),
            optimizer=OptimizerConfig(**groups["optimizer"]),
            run=RunConfig(**groups["run"]),
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise UserError(
            f"`{path}` is not of this version of tfmask: {error}. Take the "
            "version that it names under `versions`, or another run."
        ) from error
    return config, facts


def run_checkpoints(run, keep=3):
    """The checkpoints of a run folder."""
    return Checkpoints(Path(run) / CHECKPOINTS, keep)


def load_run(run, step=None):
    """A trained method from its run folder, ready to translate.

    Args:
        run: run folder.
        step: int, which checkpoint; None is the newest.

    Returns:
        (`TrainConfig`, `TranslationMethod`); with averaged weights where
        the run keeps an average.
    """
    config, facts = read_config(run)
    method = build_method(config, facts["epoch_steps"])
    run_checkpoints(run).restore(method, step)
    method.phase = method.phase_at(int(method.step.numpy()))
    if config.optimizer.ema_momentum is not None:
        use_averaged_weights(method)
    return config, method


def weights_hash(method):
    """First 16 hex digits of the SHA-256 of all networks' weights."""
    digest = hashlib.sha256()
    for network in method.networks.values():
        for variable in network.weights:
            digest.update(variable.numpy().tobytes())
    return digest.hexdigest()[:16]


def use_averaged_weights(method):
    """Overwrites every player's variables by their running averages."""
    for player, optimizer in method.optimizers.items():
        optimizer.finalize_variable_values(method.owned_variables(player))
