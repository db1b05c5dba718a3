"""The Python API, for example for notebooks.

    import tfmask

    data = tfmask.open_data("photos", image_size=64)
    model = tfmask.from_preset("attention_guided", "quick", data)
    tfmask.train(model, data, run="runs/first", steps=2000)
    result = model.translate_images("apple.jpg")

Each function checks its arguments and then calls the same code as the command
with the same name. docs/python.md shows all functions. Wrong input raises a
`ValueError` (a `UserError`) of one line.
"""

import dataclasses
import difflib
import types
import typing
from pathlib import Path

from tfmask.methods import method_spec, preset_config
from tfmask.ops.errors import UserError, unknown_name
from tfmask.ops.start import load_tensorflow

_GROUPS = ("method", "data", "optimizer", "run")


def open_data(location, image_size=64, **options):
    """Opens image sets and checks every file.

    Args:
        location: path of a folder, "tfds:NAME", "synthetic", or
            "synthetic:KIND" (see docs/data.md).
        image_size: int or (height, width) of the images; multiples of 4.
        **options: options of `data_pipelines.open_data`, for example
            `paired=True`.

    Returns:
        `ImageSet`.

    Raises:
        UserError: a folder is missing or empty, a file is bad, or an option
            does not fit or does not exist.
    """
    load_tensorflow()
    from data_pipelines import open_data
    from data_pipelines.options import OpenOptions

    known = [field.name for field in dataclasses.fields(OpenOptions)]
    for name in options:
        if name not in known:
            raise unknown_name("option of `open_data`", name, known)
    return open_data(str(location), image_size, **options)


def from_preset(name, preset="quick", data=None, **fields):
    """Makes a method with new weights from a preset, and compiles it.

    Args:
        name: str, the name of a method; `tfmask.methods.NAMES` has all names.
        preset: "quick", "paper", or another preset of the method.
        data: `ImageSet` to learn from.
        **fields: any field of the options of the method, the optimizer, the
            run or the data, for example `cycle_weight=5`,
            `learning_rate=1e-4`, `batch_size=2`, `flip=False`.

    Returns:
        `TranslationMethod`, a `keras.Model`.

    Raises:
        UserError: there is no such method, preset or field; a value is not
            allowed; or the method needs another kind of data.
    """
    default = preset_config(name, preset, location="")
    chosen = _by_group(default, fields)
    _require_data(data)
    load_tensorflow()
    from data_pipelines.pairing import require_kind
    from tfmask.training.building import build_method
    from tfmask.training.schedule_length import epoch_steps
    from tfmask.training.strategies import check_devices, make_strategy
    from tfmask.training.training_data import following, settled_by

    require_kind(data, method_spec(name).data, name)
    settled = settled_by(data)
    for field in chosen["data"].keys() & settled.keys():
        raise UserError(
            f"`{field}` is settled by `tfmask.open_data`; give it there. Got: "
            f"{field}={fields[field]!r} for {name}."
        )
    chosen["data"] |= settled
    chosen["run"] = {"seed": data.options.seed, **chosen["run"]}
    config = following(_replaced(default, chosen), data)
    check_devices(config)
    with make_strategy(config).scope():
        model = build_method(config, epoch_steps(config, data.counts("train")))
    model.origin = dataclasses.replace(model.origin, chosen=chosen)
    return model


def train(
    model,
    data,
    run,
    *,
    steps=None,
    epochs=None,
    minutes=None,
    resume=False,
):
    """Trains a model and writes a run folder, as `tfmask train` does.

    Args:
        model: a model of `from_preset`; with `resume`, a model of `load_run`.
        data: `ImageSet` with training images.
        run: path of the run folder. Without `resume` it must not exist.
        steps: int, training steps in all. Schedules of a new model keep their
            proportions. None: `epochs` or the preset gives the number.
        epochs: float, the length of the training in epochs.
        minutes: float; the training stops at the first step after this time.
        resume: bool; the training continues from the newest checkpoint of the
            run folder.

    Returns:
        Path of the run folder. After an interrupt (the stop button of a
        notebook) the function saves a checkpoint and also returns.

    Raises:
        UserError: an argument is wrong, the folder is in use, or `data` is not
            the data of the run.
    """
    from tfmask.methods.python_use import require_method

    require_method(model)
    _require_data(data)
    wanted = {"steps": steps, "epochs": epochs, "minutes": minutes}
    for name, value in wanted.items():
        if value is not None and value <= 0:
            raise UserError(f"`{name}` must be above 0. Got: {value}")
    if steps is not None and epochs is not None:
        raise UserError("Give `steps` or `epochs`, not both.")
    from tfmask.training.resuming import check_same_data, opened_run
    from tfmask.training.run import train_method
    from tfmask.training.run_folder import read_config
    from tfmask.training.schedule_length import fit_schedule

    run, chosen = Path(run).expanduser(), model.origin.chosen
    length = {"steps": steps} if epochs is None else {"epochs": epochs}
    length = {"run": {name: v for name, v in length.items() if v is not None}}
    config = model.origin.config
    if resume:
        config, facts = read_config(run)
        check_same_data(facts["data"], data.describe())
    elif chosen is not None and not model.step.numpy():

        def with_fields(scaled):
            return _replaced(_replaced(scaled, chosen), length)

        config = fit_schedule(
            config, with_fields, model.epoch_steps, steps=steps, epochs=epochs
        )
    config = _replaced(config, length)
    with opened_run(run, config, resume=resume) as finished:
        if not finished:
            train_method(
                model,
                data,
                config,
                run=run,
                resume=resume,
                minutes=minutes,
                command_line=["tfmask.train"],
            )
    return run


def load_run(run, step=None):
    """Loads the trained model of a run folder.

    Args:
        run: path of a run folder of `train` or of `tfmask train`.
        step: int, the step of the checkpoint. None: the newest one.

    Returns:
        `TranslationMethod`, with averaged weights if the run has them.

    Raises:
        UserError: the folder is no run folder, or it has no such checkpoint.
    """
    load_tensorflow()
    from tfmask.training import run_folder

    return run_folder.load_run(Path(run).expanduser(), step)[1]


def evaluate(model, data, **options):
    """Measures masks and changes, as `tfmask evaluate` does.

    Args:
        model: a model of `from_preset` or `load_run`.
        data: `ImageSet` with images of the split.
        **options: fields of `tfmask.evaluation.context.Context`. Examples:
            `split="train"`, `limit=50`, `batch_size=4`, `samples=3`.

    Returns:
        dict with `directions` (table to row to number), `n` and `notes`.
        docs/evaluation.md describes them.

    Raises:
        UserError: there is no such option, or the data does not fit.
    """
    from data_pipelines.pairing import require_kind
    from tfmask.evaluation import loop
    from tfmask.evaluation.context import Context
    from tfmask.methods.python_use import require_method
    from tfmask.reports.model_card import read_thresholds

    require_method(model)
    _require_data(data)
    known = [field.name for field in dataclasses.fields(Context)][2:]
    for name in options:
        if name not in known:
            raise unknown_name("option of `evaluate`", name, known)
    split = options.get("split", "test")
    if split not in data.splits:
        raise UserError(
            f"{data.location} has no {split} images open. Expected `split` to "
            f"be one of: {', '.join(data.splits)}."
        )
    config, run = model.origin.config, model.origin.run
    require_kind(data, model.spec.data, config.method_name)
    if getattr(model.config, "attributes", ()) and (
        model.config.attributes != data.attributes
    ):
        raise UserError(
            f"Expected data with the attributes that the model has learnt: "
            f"{', '.join(model.config.attributes)}. Got: "
            f"{', '.join(data.attributes) or 'none'}."
        )
    if run is not None and "thresholds" not in options:
        step = int(model.step.numpy())
        options["thresholds"] = read_thresholds(run, step)
    return loop.evaluate(Context(model, data, **options))


def _by_group(config, fields):
    """Fields by the group of a `TrainConfig` that has them.

    Raises:
        UserError: no group has such a field, or it is of another type.
    """
    groups = {group: {} for group in _GROUPS}
    homes = {
        field.name: group
        for group in reversed(_GROUPS)
        for field in dataclasses.fields(getattr(config, group))
    }
    for name, value in fields.items():
        if name not in homes:
            raise _unknown_field(config.method_name, name, homes)
        group = homes[name]
        hint = typing.get_type_hints(type(getattr(config, group)))[name]
        if not _fits(value, hint):
            raise UserError(
                f"`{name}` must be {getattr(hint, '__name__', hint)}. Got: "
                f"{value!r}."
            )
        groups[group][name] = value
    return groups


def _unknown_field(method, name, known):
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    hint = f" Did you mean: {', '.join(near)}?" if near else ""
    return UserError(
        f"Unknown field `{name}` of {method}.{hint} `tfmask train {method} "
        "--help` lists all."
    )


def _replaced(config, groups):
    """A `TrainConfig` with other values in its groups.

    Raises:
        UserError: a value is not allowed.
    """
    return dataclasses.replace(
        config,
        **{
            group: dataclasses.replace(getattr(config, group), **values)
            for group, values in groups.items()
            if values
        },
    )


def _fits(value, hint):
    """Whether a value is of an annotated type; int will do for float."""
    kinds = typing.get_args(hint)
    origin = typing.get_origin(hint)
    if origin is typing.Literal:
        return value in kinds
    if origin in (typing.Union, types.UnionType):
        return any(_fits(value, kind) for kind in kinds)
    if origin is tuple:
        many = kinds[-1] is Ellipsis
        kinds = kinds[:1] * len(value) if many and _is_tuple(value) else kinds
        return (
            _is_tuple(value)
            and len(kinds) == len(value)
            and all(map(_fits, value, kinds))
        )
    if hint in (int, float):
        number = int if hint is int else int | float
        return isinstance(value, number) and not isinstance(value, bool)
    return not isinstance(hint, type) or isinstance(value, hint)


def _is_tuple(value):
    return isinstance(value, tuple)


def _require_data(data):
    if getattr(data, "options", None) is None:
        raise UserError(
            "Expected data of `tfmask.open_data`. Got: "
            f"{type(data).__name__} {str(data)[:60]!r}."
        )
