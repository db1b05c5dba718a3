"""The base class of all translation methods: players, steps, phases."""

import keras
import tensorflow as tf

from tfmask.methods.accumulation import learn_in_parts
from tfmask.methods.python_use import PythonUse
from tfmask.methods.term_means import TermMeans
from tfmask.ops.distribution import clipped, replica_count, replica_share
from tfmask.ops.errors import UserError

DIRECTIONS = ("a_to_b", "b_to_a")


def source_and_target(direction):
    """`"a_to_b"` to `("a", "b")`."""
    source, _, target = direction.partition("_to_")
    return source, target


class TranslationMethod(PythonUse, keras.Model):
    """Networks, losses and the training step of one method.

    A method has its networks as attributes, says which player has which
    networks and computes the losses; this class does the rest. It trains in
    `tfmask.training.loop` and in plain `fit`.

    Args:
        config: the method's frozen dataclass.
        image_size: (height, width) of training images.
        epoch_steps: int, steps of an epoch; schedules are given in epochs.
        seed: int, for everything that the step draws.
        **kwargs: arguments of `keras.Model`.

    Attributes:
        spec: `MethodSpec`, what the method declares; a model whose options
            change what it takes or gives sets its own.
        directions: what `translate` can do; "a_to_b" first. Methods of one
            direction have only that, or that which the config chooses.
        multiple: int; sides of images must be multiples of it.
        players: dict of name to `Player`; a class attribute or a property.
        rounds: tuple of rounds; the players of a round learn from one
            forward pass, one round follows the other.
        stream: which batches this phase learns from: None, the training
            images, or `Lessons`.
        own_mask_steps: steps before which the method's own masks are made.
        phase: hashable; a Python value that the traced step may depend on.
        replicas: int, of the strategy in whose scope the method was made.
        parts: int; a step takes its batch in so many parts.
        divisible: bool, whether it can; see `accumulation`.

    Raises:
        UserError: `image_size` is no multiple of `multiple`.
    """

    spec = None
    directions = DIRECTIONS
    multiple = 4
    rounds = (("generator", "discriminator"),)
    stream = None
    own_mask_steps = ()
    parts = 1
    divisible = True

    def __init__(self, config, *, image_size, epoch_steps=1, seed=0, **kwargs):
        super().__init__(**kwargs)
        self.config = config
        self.image_size = tuple(image_size)
        self.epoch_steps = epoch_steps
        self.seed = seed
        self.replicas = replica_count()
        self.terms = TermMeans()
        # It is in a separate module, because Keras 2 would count it as a
        # weight.
        self.progress = tf.Module()
        self.progress.step = tf.Variable(0, trainable=False, name="step")
        self.phase = self.phase_at(0)
        wrong = [side for side in self.image_size if side % self.multiple]
        if wrong:
            raise UserError(
                f"`image_size` must be a multiple of {self.multiple}, the "
                f"networks' total stride. Got: {self.image_size}"
            )

    # What a method defines.

    players = {}

    @property
    def frozen(self):
        """Names of networks that do not learn in this phase."""
        return ()

    @property
    def present_rounds(self):
        """The rounds that this phase has."""
        return self.rounds

    def compute_losses(self, batch, players=None, training=True):
        """Every term of the losses, averaged over the batch.

        Args:
            batch: nested dict, see docs/data.md.
            players: names; None is all. Others' terms are not computed.
            training: bool; False leaves pools, memories and power
                iterations alone.

        Returns:
            dict of player to dict of name to `Term`, or (value, weight).
            What has no weight (0) is not computed and not in it.
        """
        raise NotImplementedError

    def translate(self, inputs, direction="a_to_b"):
        """The inference path: what is evaluated, exported and served.

        Args:
            inputs: dict with `image` (B, H, W, 3) float in [-1, 1].
            direction: "a_to_b" or "b_to_a".

        Returns:
            dict with `image` (B, H, W, 3) float32 in [-1, 1] and `mask`
            (B, H, W, 1) float32 in [0, 1].
        """
        raise NotImplementedError

    @property
    def pools(self):
        """dict of name to `HistoryPool`."""
        return {}

    @property
    def memories(self):
        """dict of name to `tf.Module`: what training keeps of its images."""
        return {}

    def images_to_show(self, batch):
        """dict of name to (B, H, W, 1 or 3) images for grids, in order."""
        raise NotImplementedError

    def phase_at(self, step):
        """The phase of a training step; it may only depend on the step.

        A method's own phases are added to this: on several replicas, the
        players with `every` that learn in the step. One device decides that
        in its graph. Of several, a branch around `strategy.run` did not end
        on TensorFlow 2.15.
        """
        return tuple(
            name
            for name, player in self.players.items()
            if self.replicas > 1 and player.every > 1
            if player.learns(step)
        )

    # What all methods share.

    @property
    def networks(self):
        """dict of name to network: everything that has weights."""
        return {
            name: getattr(self, name)
            for player in self.players.values()
            for name in player.networks
        }

    def build_networks(self, **channels):
        """Builds all networks for the training images.

        Args:
            **channels: ints, of a network's input where it is not 3.
        """
        for name, network in self.networks.items():
            network.build((None, *self.image_size, channels.get(name, 3)))
        self.built = True

    def owned_variables(self, player, frozen=()):
        """Variables of a player's networks, but those of some networks."""
        return [
            variable
            for name in self.players[player].networks
            if name not in frozen
            for variable in self.networks[name].trainable_variables
        ]

    @property
    def optimizers(self):
        """dict of player to its own optimizer, in the order of learning."""
        return {
            player: getattr(self, f"{player}_optimizer")
            for players in self.rounds
            for player in players
            if self.players[player].partner is None
        }

    def compile(self, make_optimizer, **kwargs):
        """Gives every player its optimizer, built on all of its variables.

        Args:
            make_optimizer: function of the name of the player's settings,
                `Player.optimizer`, that returns a new optimizer (of Keras
                or of tensorflow-addons).
            **kwargs: arguments of `keras.Model.compile`.
        """
        # Keras 2 wants an optimizer, Keras 3 would make one with as many
        # slots as weights. Plain SGD has none; nobody uses it.
        super().compile(optimizer="sgd", **kwargs)
        for name, player in self.players.items():
            if player.partner is not None:
                continue
            optimizer = make_optimizer(player.optimizer)
            setattr(self, f"{name}_optimizer", optimizer)
            variables = self.owned_variables(name)
            if hasattr(optimizer, "build"):
                optimizer.build(variables)
            else:  # Keras' legacy class, under tensorflow-addons' optimizers
                optimizer._create_all_weights(variables)

    @property
    def step(self):
        """The number of training steps taken, an int32 variable.

        Not an optimizer's count: it may update several times a step.
        """
        return self.progress.step

    def steps_of(self, epoch):
        """First step of an epoch, which may be a fraction."""
        return round(epoch * self.epoch_steps)

    def total_loss(self, terms):
        """Weighted sum of a player's terms."""
        return tf.add_n(
            [
                tf.cast(weight, value.dtype) * value
                for value, weight in terms.values()
                if weight is not None
            ]
        )

    def train_step(self, batch):
        """Every round of one step; returns running means of all terms.

        Raises:
            UserError: it is called on several replicas (by `fit`), and a
                player does not learn in every step.
        """
        rare = any(player.every > 1 for player in self.players.values())
        if rare and replica_count() > 1:
            raise UserError(
                f"Plain `fit` trains {type(self).__name__} on one device; "
                "`tfmask train` and `tfmask.training.loop` take more. Got: "
                f"{replica_count()} replicas."
            )
        self.take_step(lambda function, *args: function(*args), batch)
        return self.terms.result()

    def distributed_step(self, strategy, batch):
        """One step on every replica, called outside of `strategy.run`."""

        def run(function, *args):
            return strategy.run(function, args=args)

        self.take_step(run, batch)

    def take_step(self, run, batch):
        """Every round of one step.

        Args:
            run: calls a function with arguments on every replica.
            batch: see `compute_losses`.
        """

        def update(players):
            if self.parts > 1:
                learn_in_parts(self, run, players, batch)
                return tf.constant(0)

            def learn(batch):
                self.terms.update_state(
                    self.learn(
                        players,
                        lambda players: self.compute_losses(batch, players),
                    )
                )

            run(learn, batch)
            return tf.constant(0)

        for players in self.present_rounds:
            first = self.players[players[0]]
            if any(self.players[n].rhythm != first.rhythm for n in players):
                raise ValueError(
                    f"Players of one round learn together. Got: {players}"
                )
            always = first.every == 1
            if always or self.replicas > 1 and players[0] in self.phase:
                update(players)
            elif self.replicas == 1:
                tf.cond(
                    first.learns(self.step),
                    lambda players=players: update(players),
                    lambda: tf.constant(0),
                )
        run(self.count_step)

    def count_step(self):
        """Counts a training step."""
        self.step.assign_add(1)

    def learn(self, players, compute_losses):
        """One update of every player, from one forward pass.

        Args:
            players: names.
            compute_losses: function of the players' names that returns
                what the method `compute_losses` does.

        Returns:
            What `compute_losses` returned.
        """
        losses, gradients = self.gradients_of(players, compute_losses)
        self.apply_gradients(players, gradients)
        return losses

    def gradients_of(self, players, compute_losses):
        """What players' losses are, and which way they point.

        Args:
            players, compute_losses: see `learn`.

        Returns:
            What `compute_losses` returned; dict of player to a gradient for
            each of its variables that are not frozen. None is what a phase
            does not use, such as the scale of a normalisation that is
            bypassed: it must not move.
        """
        with tf.GradientTape(persistent=True) as tape:
            losses = compute_losses(players)
            totals = {
                player: replica_share(self.total_loss(losses[player]))
                for player in players
            }
        return losses, {
            player: tape.gradient(
                totals[player], self.owned_variables(player, self.frozen)
            )
            for player in players
        }

    def apply_gradients(self, players, gradients):
        """One update of every player.

        Args:
            players: names.
            gradients: as of `gradients_of`.
        """
        for player in players:
            variables = self.owned_variables(player, self.frozen)
            settings, own = self.players[player], gradients[player]
            if settings.clip_norm is not None:
                own = clipped(own, settings.clip_norm)
            self.optimizers[settings.partner or player].apply_gradients(
                [
                    (gradient, variable)
                    for gradient, variable in zip(own, variables, strict=True)
                    if gradient is not None
                ]
            )
            if settings.after_update is not None:
                settings.after_update(variables)

    def test_step(self, batch):
        """All terms on a batch, without training."""
        self.terms.update_state(self.compute_losses(batch, training=False))
        return self.terms.result()

    @property
    def metrics(self):
        return [self.terms]

    def fit(self, *args, callbacks=None, shuffle=False, **kwargs):
        """`keras.Model.fit`, which also follows the phases.

        Batches of `ImageSet` are shuffled; Keras warns where `shuffle` asks
        for it again.
        """
        callbacks = [*(callbacks or []), PhaseSwitch()]
        return super().fit(
            *args, callbacks=callbacks, shuffle=shuffle, **kwargs
        )


class PhaseSwitch(keras.callbacks.Callback):
    """Traces `fit`'s step anew when the method enters another phase."""

    def on_train_batch_begin(self, batch, logs=None):
        phase = self.model.phase_at(int(self.model.step.numpy()))
        if phase != self.model.phase:
            self.model.phase = phase
            self.model.make_train_function(force=True)
