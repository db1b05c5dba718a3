"""Callbacks between training steps: rows, pictures, checkpoints."""

import csv
import math
import sys
import time
from pathlib import Path

import keras
import tensorflow as tf

from tfmask.ops.errors import UserError
from tfmask.ops.files import write_text
from tfmask.reports.gallery import Gallery, image_grid
from tfmask.reports.training_plots import training_plots
from tfmask.training.run_list import METRICS, losses_by_kind, whole_lines
from tfmask.training.time_left import Pace

# If the mean of a mask is below or above these limits, the mask has collapsed.
COLLAPSED = (0.01, 0.99)


class PeriodicCallback(keras.callbacks.Callback):
    """Calls `at(step)` whenever `every` steps have been taken."""

    def __init__(self, every):
        super().__init__()
        self.every = every

    def on_train_batch_end(self, step, logs=None):
        if step % self.every == 0:
            self.at(step)

    def at(self, step):
        """Acts after a step; `step` is the number of steps taken."""
        raise NotImplementedError


class MetricRows(PeriodicCallback):
    """Mean losses since the last row: metrics.csv, TensorBoard, NaN guard.

    Args:
        run: run folder.
        every: int, steps between rows.
        epoch_steps: int.
        writer: TensorBoard summary writer. None if this process writes nothing
            (a worker that is not the chief).
        checkpoints: `Checkpoints`. The message about broken losses needs it.

    Attributes:
        latest: dict of the last row.
    """

    def __init__(self, run, every, *, epoch_steps, writer, checkpoints):
        super().__init__(every)
        self.path = Path(run) / METRICS
        self.epoch_steps = epoch_steps
        self.writer = writer
        self.checkpoints = checkpoints
        self.latest = {}
        self._clock = None

    def on_train_begin(self, logs=None):
        step = int(self.model.step.numpy())
        if self.writer and self.path.exists():
            self._keep_rows_until(step)
        self._clock = (step, time.monotonic())

    def _keep_rows_until(self, step):
        """Removes rows after the checkpoint that this run resumes from.

        It also removes the part of a row that a killed process has left.
        """
        header, *rows = whole_lines(self.path) or [""]
        earlier = [row for row in rows if int(row.split(",")[0]) <= step]
        if earlier:
            write_text(self.path, "".join([header, *earlier]))
        else:
            self.path.unlink()

    def at(self, step):
        losses = {
            name: float(value)
            for name, value in self.model.terms.result().items()
        }
        self.model.terms.reset_state()
        broken = [name for name, v in losses.items() if not math.isfinite(v)]
        if broken:
            raise UserError(
                f"`{broken[0]}` is {losses[broken[0]]} at step {step}. "
                f"{self.checkpoints.last_good()} {self.checkpoints.advice}"
            )
        since, now = self._clock[1], time.monotonic()
        speed = (step - self._clock[0]) / max(now - since, 1e-9)
        self._clock = (step, now)
        optimizer = next(iter(self.model.optimizers.values()))
        self.latest = {
            "step": step,
            "epoch": round(step / self.epoch_steps, 4),
            "steps_per_second": round(speed, 4),
            "learning_rate": float(_learning_rate(optimizer)),
            **losses,
        }
        if self.writer:
            self._write(step)

    def _write(self, step):
        names, rows = [], []
        if self.path.exists():
            with open(self.path, newline="") as file:
                table = csv.DictReader(file)
                names = table.fieldnames
                if not set(self.latest) <= set(names):
                    rows = list(table)
        new = [name for name in self.latest if name not in names]
        with open(self.path, "w" if new else "a", newline="") as file:
            table = csv.DictWriter(file, [*names, *new])
            if new:  # a term that was not computed before
                table.writeheader()
            table.writerows([*rows, self.latest])
        with self.writer.as_default(step):
            for name, value in self.latest.items():
                if name != "step":
                    tf.summary.scalar(name, value)


def _learning_rate(optimizer):
    rate = optimizer.learning_rate
    if isinstance(rate, keras.optimizers.schedules.LearningRateSchedule):
        rate = rate(optimizer.iterations)
    return tf.convert_to_tensor(rate)  # Keras 2: perhaps one for each replica


class SampleGrids(PeriodicCallback):
    """Pictures of fixed test images, the last ones at the end of training.

    They go to TensorBoard and into the gallery. In the gallery they are below
    the plots of all losses and of the means of the masks.

    Args:
        run: run folder. The page is `index.html` in it.
        every: int, steps between grids.
        batch: nested batch of test images.
        writer: TensorBoard summary writer.
        title: str.
    """

    def __init__(self, run, every, *, batch, writer, title):
        super().__init__(every)
        self.batch = batch
        self.writer = writer
        self.gallery = Gallery(run, title)
        self.metrics = Path(run) / METRICS
        self._show = None
        self._phase = None
        self._last = None

    def on_train_begin(self, logs=None):
        self._show = tf.function(self.model.images_to_show, autograph=False)
        self._phase = self.model.phase
        self.at(int(self.model.step.numpy()))

    def on_train_batch_begin(self, step, logs=None):
        if self.model.phase != self._phase:
            self._phase = self.model.phase
            self._refuse_collapsed_mask(step)

    def at(self, step):
        self._last = step
        images = {
            name: tensor.numpy()
            for name, tensor in self._show(self.batch).items()
        }
        means = {
            name: float(values.mean())
            for name, values in images.items()
            if name.startswith("mask_")
        }
        self.gallery.add_samples(step, images, means)
        self.gallery.show_plots(
            training_plots(self.metrics, self.gallery.mask_means(step))
        )
        self.gallery.write()
        with self.writer.as_default(step):
            tf.summary.image("samples", image_grid(images)[None])
            for name, mean in means.items():
                tf.summary.scalar(f"{name}_mean", mean)

    def on_train_end(self, logs=None):
        step = int(self.model.step.numpy())
        if step != self._last:
            self.at(step)

    def _refuse_collapsed_mask(self, step):
        """A stage that builds on a mask must not begin without one.

        Lessons make a mask. They do not build on it.
        """
        lessons = self.model.stream is not None and self.model.stream.alone
        if self.model.spec.mask_kind != "attention" or lessons:
            return
        low, high = COLLAPSED
        for name, tensor in self._show(self.batch).items():
            # In an ablation without the network, the mask is all ones.
            network = name.replace("mask_", "attention_")
            has_own_network = getattr(self.model, network, None) is not None
            mean = float(tf.reduce_mean(tensor))
            if has_own_network and not low <= mean <= high:
                raise UserError(
                    f"The attention `{name}` has collapsed: its mean is "
                    f"{mean:.4f} at step {step}, where the next stage would "
                    "build on it. The pictures up to here are in the run's "
                    "index.html. Begin a new run, with another --run and "
                    "--seed, or with a lower --method.cycle-weight."
                )


class CheckpointSaver(PeriodicCallback):
    """Saves checkpoints at intervals and at the end.

    Args:
        checkpoints: `Checkpoints`.
        every: int, steps between checkpoints.
        rows: `MetricRows`. Its losses are saved beside the arrays.
        written: function of the step. It is called after each save.
    """

    def __init__(self, checkpoints, every, *, rows, written):
        super().__init__(every)
        self.checkpoints = checkpoints
        self.rows = rows
        self.written = written

    def at(self, step):
        info = {"losses": self.rows.latest}
        self.checkpoints.save(self.model, step, info=info)
        self.written(step)

    def on_train_end(self, logs=None):
        step = int(self.model.step.numpy())
        if step not in self.checkpoints.steps():
            self.at(step)


class Progress(keras.callbacks.Callback):
    """A bar with time left on a terminal, else a line every few seconds.

    It also prints the time of compiling, and an estimate of the whole time from
    the first steps.

    Args:
        end_step: int.
        rows: `MetricRows`.
        seconds: float or None, the time limit.
    """

    SECONDS_BETWEEN_LINES = 15
    # After so many seconds, the steps can predict the whole time.
    SECONDS_TO_EXPECT = 3

    def __init__(self, end_step, *, rows, seconds=None):
        super().__init__()
        self.end_step = end_step
        self.rows = rows
        self.seconds = seconds
        self._bar = None
        self._began = self._last_line = 0.0
        self._pace = Pace()
        self._phases = set()  # those whose step is compiled
        self._compiles = False
        self._compiles_since, self._since = 0.0, (0, 0.0)
        self._expectation_shown = False  # how long all steps will take

    def on_train_begin(self, logs=None):
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeElapsedColumn,
        )

        self._began = self._last_line = time.monotonic()
        console = Console(stderr=True)
        if console.is_terminal:
            self._bar = Progress(
                TextColumn("training"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("steps,"),
                TimeElapsedColumn(),
                TextColumn("gone, {task.fields[left]} {task.fields[loss]}"),
                console=console,
            )
            self._task = self._bar.add_task(
                "", total=self.end_step, left="compiling", loss=""
            )
            self._bar.start()

    def on_train_batch_begin(self, step, logs=None):
        self._compiles = self.model.phase not in self._phases
        self._phases.add(self.model.phase)
        if self._compiles:
            self._compiles_since = time.monotonic()
            if self._bar:
                self._bar.update(self._task, left="compiling")
            else:
                self._say("compiling the training step")

    def on_train_batch_end(self, step, logs=None):
        now = time.monotonic()
        if self._compiles:
            self._pace.restart(step, now)
            self._say(f"compiled in {now - self._compiles_since:.1f} s")
            self._since, self._last_line = (step, now), now
        else:
            self._pace.add(step, now)
            self._tell_expected(step, now)
        if self._bar:
            self._bar.update(
                self._task,
                completed=step,
                left=self._left(step, now),
                loss=self._losses(),
            )
        elif now - self._last_line >= self.SECONDS_BETWEEN_LINES:
            self._last_line = now
            self._say(
                f"step {step}/{self.end_step}, {self._left(step, now)} "
                f"{self._losses()}"
            )

    def on_train_end(self, logs=None):
        if self._bar:
            self._bar.stop()

    def _tell_expected(self, step, now):
        """The estimate of the whole time, as soon as there are enough steps."""
        first, since = self._since
        if self._expectation_shown or now - since < self.SECONDS_TO_EXPECT:
            return
        self._expectation_shown = True
        self._say(
            f"a step takes {(now - since) / (step - first):.3g} s at first, "
            f"in all {_clock(self._seconds_left(step, now))} are left"
        )

    def _say(self, text):
        if self._bar:
            self._bar.console.print(text)
        else:
            print(text, file=sys.stderr, flush=True)

    def _seconds_left(self, step, now):
        left = self._pace.seconds_left(step, now, self.end_step)
        if left is None or self.seconds is None:
            return left
        return min(left, max(self.seconds - (now - self._began), 0.0))

    def _left(self, step, now):
        left = self._seconds_left(step, now)
        return "compiled" if left is None else f"{_clock(left)} left"

    def _losses(self):
        return " ".join(
            f"{kind} {mean:.3f}"
            for kind, mean in losses_by_kind(self.rows.latest).items()
        )


def _clock(seconds):
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}:{minutes:02d}:{seconds:02d}"
    return f"{minutes}:{seconds:02d}"
