"""The base class of all translation methods: players, steps, phases."""

import keras
import tensorflow as tf

from tfmask.methods.accumulation import learn_in_parts
from tfmask.methods.phase_switch import PhaseSwitch
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

    A method has its networks as attributes. It says which networks belong to
    which player, and it computes the losses. This class does the rest.
    `tfmask.training.loop` and plain `fit` can both train it.

    Args:
        config: the method's frozen dataclass.
        image_size: (height, width) of training images.
        epoch_steps: int, steps of an epoch. Schedules count in epochs.
        seed: int, the seed of all random numbers of a step.
        **kwargs: arguments of `keras.Model`.

    Attributes:
        spec: `MethodSpec`, the declaration of the method. If options change the
            inputs or outputs of a model, the model sets its own.
        directions: the directions of `translate`, "a_to_b" first. Some methods
            have only one direction. It is "a_to_b", or the config chooses it.
        multiple: int; the sides of images must be multiples of it.
        players: dict of name to `Player`; a class attribute or a property.
        rounds: tuple of rounds. The rounds follow one after another. All
            players of a round learn from one forward pass.
        stream: the batches that this phase learns from. None: the training
            images; or `Lessons`.
        own_mask_steps: before these steps, the method makes its own masks.
        phase: a hashable Python value. The traced step may depend on it.
        replicas: int, the number of replicas of the strategy. The method was
            made in its scope.
        parts: int; a step cuts its batch into so many parts.
        divisible: bool; a step can cut its batch. `accumulation` explains it.

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
        # The variable is in a separate module. Otherwise Keras 2 would count it
        # as a weight.
        self.progress = tf.Module()
        self.progress.step = tf.Variable(0, trainable=False, name="step")
        self.phase = self.phase_at(0)
        wrong = [side for side in self.image_size if side % self.multiple]
        if wrong:
            raise UserError(
                f"`image_size` must be a multiple of {self.multiple}, the "
                f"networks' total stride. Got: {self.image_size}"
            )

    # A method defines these.

    players = {}

    @property
    def frozen(self):
        """Names of the networks that do not learn in this phase."""
        return ()

    @property
    def present_rounds(self):
        """The rounds that this phase has."""
        return self.rounds

    def compute_losses(self, batch, players=None, training=True):
        """Every term of the losses, averaged over the batch.

        Args:
            batch: nested dict, see docs/data.md.
            players: names; None means all players. Terms of other players are
                not computed.
            training: bool; False does not change pools, memories and power
                iterations.

        Returns:
            dict of player to dict of name to `Term`, or (value, weight).
            A term of weight 0 is not computed and not in the dict.
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
        """dict of name to `tf.Module` that keeps data about training images."""
        return {}

    def images_to_show(self, batch):
        """dict of name to (B, H, W, 1 or 3) images for grids, in order."""
        raise NotImplementedError

    def phase_at(self, step):
        """The phase of a training step. It may depend only on the step.

        A method can have its own phases. On several replicas this adds one more
        value: which players with `every` learn in the step. On one device the
        graph decides that. On several replicas it cannot: a branch around
        `strategy.run` did not end on TensorFlow 2.15.
        """
        return tuple(
            name
            for name, player in self.players.items()
            if self.replicas > 1 and player.every > 1
            if player.learns(step)
        )

    # All methods share these.

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
            **channels: name of a network to the channels of its input, if they
                are not 3.
        """
        for name, network in self.networks.items():
            network.build((None, *self.image_size, channels.get(name, 3)))
        self.built = True

    def owned_variables(self, player, frozen=()):
        """Variables of a player's networks, without those of some networks."""
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
            make_optimizer: function that returns a new optimizer (of Keras or
                of tensorflow-addons). Its argument is `Player.optimizer`, the
                name of the player's settings.
            **kwargs: arguments of `keras.Model.compile`.
        """
        # Keras 2 needs an optimizer. Without one, Keras 3 would make one with
        # as many slots as weights. Plain SGD has no slots, and nobody uses it.
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

        It is not the count of an optimizer, because an optimizer may update
        several times in a step.
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
        """Does every round of one step. Returns running means of all terms.

        Raises:
            UserError: `fit` runs on several replicas, and a player does not
                learn in every step.
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
        """One step on every replica. Call it outside of `strategy.run`."""

        def run(function, *args):
            return strategy.run(function, args=args)

        self.take_step(run, batch)

    def take_step(self, run, batch):
        """Every round of one step.

        Args:
            run: function that calls a function with arguments on every replica.
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
            compute_losses: function of the players' names. It returns the same
                as the method `compute_losses`.

        Returns:
            The result of `compute_losses`.
        """
        losses, gradients = self.gradients_of(players, compute_losses)
        self.apply_gradients(players, gradients)
        return losses

    def gradients_of(self, players, compute_losses):
        """The losses of players and their gradients.

        Args:
            players, compute_losses: see `learn`.

        Returns:
            The result of `compute_losses`; and a dict of player to a gradient
            for each of its variables that are not frozen. A gradient is None if
            the phase does not use the variable, for example the scale of a
            normalisation that is left out. Such a variable must not move.
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
            gradients: the gradients of `gradients_of`.
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

        Batches of `ImageSet` are already shuffled. Keras warns if `shuffle`
        asks for it again.
        """
        callbacks = [*(callbacks or []), PhaseSwitch()]
        return super().fit(
            *args, callbacks=callbacks, shuffle=shuffle, **kwargs
        )
