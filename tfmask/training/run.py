"""Trains a run: a new one, or the rest of an old one."""

import dataclasses
import os
import sys
from functools import partial
from pathlib import Path

import tensorflow as tf

from data_pipelines.splits import no_images
from tfmask.evaluation.mask_threshold import mask_thresholds
from tfmask.ops.errors import UserError
from tfmask.ops.package_versions import git_commit, package_versions
from tfmask.reports.model_card import add_thresholds, write_model_card
from tfmask.training.building import (
    build_method,
    follow_config,
    recompute,
    weights_hash,
)
from tfmask.training.callbacks import (
    CheckpointSaver,
    MetricRows,
    Progress,
    SampleGrids,
)
from tfmask.training.loop import (
    StopRequest,
    TrainingLoop,
    distributed_batches,
)
from tfmask.training.own_masks import OwnMaskMaker
from tfmask.training.resuming import check_same_data
from tfmask.training.run_folder import (
    read_config,
    run_checkpoints,
    write_config,
)
from tfmask.training.schedule_length import (
    describe_schedule,
    epoch_steps,
    fit_schedule,
    total_steps,
)
from tfmask.training.strategies import (
    is_chief,
    lost_workers_named,
    make_strategy,
)
from tfmask.training.summary import training_summary
from tfmask.training.training_data import (
    example_options,
    following,
    open_training_data,
)


def train(options, config, reparse, command_line):
    """Trains as the options say.

    Args:
        options: options of `trainers.train`.
        config: `TrainConfig` of these options.
        reparse: function that reads the command line over other defaults.
        command_line: list of str, for the records.

    Returns:
        bool; True if it was interrupted.
    """
    # A strategy of several workers must exist before anything else runs.
    strategy = make_strategy(config)
    if config.run.deterministic:
        tf.config.experimental.enable_op_determinism()
    facts = read_config(options.run)[1] if options.resume else None
    # A run continues with the splits of its beginning.
    data = _open(config, tuple(facts["data"]["counts"]) if facts else None)
    steps_an_epoch = epoch_steps(config, data.counts("train"))
    if facts:
        check_same_data(facts["data"], data.describe())
        # An epoch of another length would move every schedule.
        steps_an_epoch = facts["epoch_steps"]
    else:
        config = fit_schedule(
            config,
            lambda scaled: reparse(scaled)[1],
            steps_an_epoch,
            steps=options.steps,
            epochs=options.epochs,
        )
    config = following(config, data)
    with strategy.scope():
        method = build_method(config, steps_an_epoch)
    return train_method(
        method,
        data,
        config,
        run=options.run,
        resume=options.resume,
        minutes=options.minutes,
        command_line=["tfmask", "train", *command_line],
    )


def train_method(method, data, config, *, run, resume, minutes, command_line):
    """Trains a method and leaves a run folder.

    Args:
        method: a method of `build_method`. If it has not learnt yet, it follows
            `config`. Otherwise it continues from its step.
        data: `ImageSet` with training images.
        config: `TrainConfig`.
        run: path of the folder. Only this process writes into it.
        resume: bool; begin at the newest checkpoint of the folder.
        minutes: float; stop at the first step after this time. None: no limit.
        command_line: list of str, for the records.

    Returns:
        bool; True if it was interrupted.

    Raises:
        UserError: the batch does not fit the replicas, or the method already
            has more steps than it should have in all.
    """
    strategy, chief = method.origin.strategy, is_chief(config)
    config = following(config, data)
    check_batch(config, strategy, method)
    method.parts = config.run.accumulate
    recompute(method, config.run.recompute)
    if config.run.deterministic:
        tf.config.experimental.enable_op_determinism()
    steps_an_epoch = method.epoch_steps
    checkpoints = run_checkpoints(run, config.run.keep_checkpoints)
    start = int(method.step.numpy())
    if resume and checkpoints.steps():
        start = checkpoints.restore(method)
    if not start and config != method.origin.config:
        follow_config(method, config)
    method.phase = method.phase_at(start)
    end = total_steps(config, steps_an_epoch)
    if start >= end:
        raise UserError(
            f"The model has {start} steps already, it cannot end at step "
            f"{end}. Give more `steps`, or a new model."
        )
    if chief:
        write_config(
            run,
            _from_anywhere(config, data),
            epoch_steps=steps_an_epoch,
            data=data.describe(),
            versions=package_versions(),
            git_commit=git_commit(),
            command_line=command_line,
        )
        schedule = describe_schedule(config, steps_an_epoch)
        _say(f"{config.method_name}: {schedule}")
        for line in training_summary(method, config, strategy, run):
            _say(line)
        for name, memory in method.memories.items():
            _say(f"{name}: {memory}")
        if resume:
            _say(f"resumed at step {start}")
    seconds = None if minutes is None else minutes * 60
    writer = None
    if chief:
        # The name is written as bytes, because it may not be UTF-8.
        folder = os.fsencode(Path(run) / "tensorboard")
        writer = tf.summary.create_file_writer(folder)
    callbacks = _callbacks(
        run,
        config,
        data,
        checkpoints,
        writer,
        span=(end, seconds),
        steps_an_epoch=steps_an_epoch,
        card={
            "config": config,
            "method": method,
            "data": data.describe(),
            "command_line": command_line,
        },
    )
    with strategy.scope():
        loop = TrainingLoop(
            method,
            strategy,
            partial(distributed_batches, data, strategy, config),
            steps_per_call=config.run.steps_per_call,
            jit_compile=config.run.jit_compile,
        )
        with lost_workers_named(config, run), StopRequest().listening() as stop:
            step = loop.run(start, end, callbacks, stop=stop, seconds=seconds)
    if config.run.strategy == "multiworker":
        _say(f"step {step}, weights {weights_hash(method)}")
    if chief:
        thresholds = mask_thresholds(method, data)
        if thresholds:
            add_thresholds(run, thresholds, step)
        _report(run, step, end, stop)
    method.origin = dataclasses.replace(method.origin, config=config, run=run)
    return bool(stop)


def _callbacks(
    run, config, data, checkpoints, writer, *, span, steps_an_epoch, card
):
    end, seconds = span
    rows = MetricRows(
        run,
        config.run.log_every,
        epoch_steps=steps_an_epoch,
        writer=writer,
        checkpoints=checkpoints,
    )
    # Every worker makes its own masks and reduces metrics. Only the chief
    # writes.
    own = []
    if card["method"].own_mask_steps:
        own = [OwnMaskMaker(data, _say if writer else lambda text: None)]
    if writer is None:
        return [*own, rows]
    title = f"{config.method_name} on {config.data.location}"
    grids = SampleGrids(
        run,
        config.run.sample_every,
        batch=data.sample_batch(config.run.samples, **example_options(config)),
        writer=writer,
        title=title,
    )
    saver = CheckpointSaver(
        checkpoints,
        config.run.checkpoint_every,
        rows=rows,
        written=lambda step: write_model_card(
            run, step=step, sample=grids.gallery.newest_samples(step), **card
        ),
    )
    progress = Progress(end, rows=rows, seconds=seconds)
    return [*own, rows, grids, saver, progress]


def _open(config, splits):
    """Training data, with test images for the grids where there are any."""
    data = open_training_data(config, splits)
    for path, reason in data.skipped:
        _say(f"skipped {path}: {reason}")
    _say(f"{data.location}: {data.counts_in_words()}")
    if "test" not in data.splits:
        _say(
            f"{no_images(data.location, 'test')} The sample grids show "
            "training images."
        )
    return data


def _from_anywhere(config, data):
    """The config with the whole path of its data's folder."""
    if data.kind != "folder":
        return config
    location = os.path.abspath(data.location)
    changed = dataclasses.replace(config.data, location=location)
    return dataclasses.replace(config, data=changed)


def check_batch(config, strategy, method):
    """Raises a `UserError` where a batch has no equal parts.

    Args:
        config: `TrainConfig`.
        strategy: tf.distribute strategy. Its replicas share a batch.
        method: `TranslationMethod`.
    """
    replicas, parts = strategy.num_replicas_in_sync, config.run.accumulate
    if config.run.batch_size % replicas:
        raise UserError(
            f"`run.batch_size` must be a multiple of the {replicas} replicas. "
            f"Got: {config.run.batch_size}"
        )
    if parts > 1 and not method.divisible:
        raise UserError(
            f"{config.method_name} learns from one instance after the other "
            "already. Leave out --run.accumulate."
        )
    batch_sizes = {"batch_size": config.run.batch_size}
    if getattr(config.method, "lesson_epochs", 0):
        batch_sizes["lesson_batch_size"] = config.run.lesson_batch_size
    for name, count in batch_sizes.items():
        if count % (replicas * parts):
            raise UserError(
                f"`run.{name}` must be a multiple of `run.accumulate` times "
                f"the replicas ({parts} x {replicas}). Got: {count}"
            )


def _report(run, step, end, stop):
    page = Path(run) / "index.html"
    if stop:
        _say(f"interrupted at step {step}; go on with --resume")
    elif step < end:
        _say(f"time is up at step {step} of {end}; go on with --resume")
    _say(f"pictures: {page}")


def _say(text):
    print(text, file=sys.stderr, flush=True)
