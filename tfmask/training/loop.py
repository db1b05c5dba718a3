"""The training loop: steps under a strategy, driving Keras callbacks.

The `fit` of Keras 3 fails under MultiWorkerMirroredStrategy. It also fails with
several steps in a call under MirroredStrategy. So this loop does the parts that
we need.
"""

import signal
import threading
import time
from contextlib import contextmanager
from functools import partial

import keras
import tensorflow as tf

from tfmask.training.training_data import example_options


class StopRequest:
    """Becomes true with the first Ctrl-C or SIGTERM; a second one kills."""

    def __init__(self):
        self.signal = None

    def __bool__(self):
        return self.signal is not None

    @contextmanager
    def listening(self):
        """Takes the signals over while the block runs.

        Only the main thread can do that. In another thread the request never
        becomes true.
        """
        if threading.current_thread() is not threading.main_thread():
            yield self
            return

        def request(number, frame):
            if self.signal is not None:
                raise KeyboardInterrupt
            self.signal = number

        numbers = (signal.SIGINT, signal.SIGTERM)
        before = {number: signal.signal(number, request) for number in numbers}
        try:
            yield self
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def distributed_batches(data, strategy, config, start_step, stream=None):
    """A stream of batches from a step on, split over replicas.

    Args:
        data: `ImageSet`.
        strategy: tf.distribute strategy.
        config: `TrainConfig`.
        start_step: int.
        stream: `TranslationMethod.stream` of the phase.

    Returns:
        Endless iterable of arguments for `strategy.run`.
    """
    from data_pipelines import Shard

    common = {"seed": config.run.seed, "start_step": start_step}
    options = example_options(config)

    def batches(shard):
        if stream is not None and stream.alone:
            return lessons(shard)
        images = data.train_batches(
            config.run.batch_size,
            load_size=config.data.load_size,
            flip=config.data.flip,
            cached=config.data.cached,
            shard=shard,
            **common,
            **options,
        )
        if stream is None:
            return images
        both = tf.data.Dataset.zip((images, lessons(shard)))
        return both.map(lambda batch, lesson: {**batch, "lessons": lesson})

    def lessons(shard):
        return data.lesson_batches(
            config.run.lesson_batch_size,
            all_images=stream.all_images,
            shard=shard,
            **common,
        )

    total = strategy.num_replicas_in_sync
    if not tf.distribute.has_strategy() and total == 1:
        return batches(Shard())

    def pipeline(context):
        local = total // context.num_input_pipelines
        first = context.input_pipeline_id * local
        return batches(Shard(first=first, local=local, total=total))

    return strategy.distribute_datasets_from_function(pipeline)


class TrainingLoop:
    """Runs training steps and calls callbacks at step numbers.

    Args:
        method: compiled `TranslationMethod`, made in the strategy's scope.
        strategy: tf.distribute strategy.
        batches: function of a step and the method's `stream`. It returns the
            same as `distributed_batches`.
        steps_per_call: int, steps in one call of the compiled function.
        jit_compile: bool; compile with XLA.

    Callbacks are ordinary `keras.callbacks.Callback`s. The loop calls
    `on_train_begin`, `on_train_batch_begin(step)`, `on_train_batch_end(step)`
    and `on_train_end` with the number of steps so far. If a callback has
    `every` (int), the loop calls its `on_train_batch_end` at this interval.
    Otherwise it calls it after every call of the compiled function.
    """

    def __init__(
        self,
        method,
        strategy,
        batches,
        *,
        steps_per_call=1,
        jit_compile=False,
    ):
        self.method = method
        self.strategy = strategy
        self.steps_per_call = steps_per_call
        self.jit_compile = jit_compile
        self._batches = batches
        self._stream = self._iterator = None
        self._functions = {}

    def run(self, start_step, end_step, callbacks, *, stop=None, seconds=None):
        """Trains from a step to another, or until told to stop.

        Args:
            start_step: int, number of steps before.
            end_step: int, steps in all.
            callbacks: list of `keras.callbacks.Callback`.
            stop: `StopRequest` or None.
            seconds: float; no step begins after this time. None: no limit.

        Returns:
            int, number of all steps.
        """
        callbacks = keras.callbacks.CallbackList(callbacks, model=self.method)
        intervals = [
            callback.every
            for callback in callbacks.callbacks
            if hasattr(callback, "every")
        ]
        began = time.monotonic()
        step = start_step
        callbacks.on_train_begin()
        while step < end_step and not stop:
            if seconds is not None and time.monotonic() - began >= seconds:
                break
            phase = self.method.phase_at(step)
            if phase != self.method.phase:
                self.method.phase = phase
            self._open(step)
            callbacks.on_train_batch_begin(step)
            count = self._steps_to_next_event(step, end_step, intervals)
            self._function()(self._iterator, tf.constant(count))
            step += count
            callbacks.on_train_batch_end(step)
        callbacks.on_train_end()
        return step

    def _open(self, step):
        """The stream of the present phase; streams depend on the step."""
        if self._iterator is None or self.method.stream != self._stream:
            self._stream = self.method.stream
            self._iterator = iter(self._batches(step, self._stream))

    def _steps_to_next_event(self, step, end_step, intervals):
        """Steps of the next call: it ends where something must happen."""
        phase = self.method.phase_at(step)
        count = min(self.steps_per_call, end_step - step)
        for interval in intervals:
            count = min(count, interval - step % interval)
        while count > 1 and self.method.phase_at(step + count - 1) != phase:
            count -= 1
        return count

    def _function(self):
        """The compiled steps of the present phase, traced once each."""
        if self.method.phase not in self._functions:
            step = partial(self.method.distributed_step, self.strategy)
            if self.jit_compile:
                step = tf.function(self.method.train_step, jit_compile=True)

            # Nothing below this function needs autograph. Without autograph,
            # tracing takes two thirds of the time on TensorFlow 2.15.
            step = tf.autograph.experimental.do_not_convert(step)

            @tf.function(reduce_retracing=True)
            def steps(iterator, count):
                if self.steps_per_call == 1:
                    step(next(iterator))
                else:
                    for _ in tf.range(count):
                        step(next(iterator))

            self._functions[self.method.phase] = steps
        return self._functions[self.method.phase]
