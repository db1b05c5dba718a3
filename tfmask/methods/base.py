"""What all translation methods share: players, steps, phases."""

import keras
import tensorflow as tf

from tfmask.layers import HistoryPool
from tfmask.ops.distribution import replica_count, replica_share
from tfmask.ops.errors import UserError

DIRECTIONS = ("a_to_b", "b_to_a")


def source_and_target(direction):
    """`"a_to_b"` to `("a", "b")`."""
    source, _, target = direction.partition("_to_")
    return source, target


class TranslationMethod(keras.Model):
    """Networks, losses and the training step of one method.

    A method names its networks as attributes, says which player owns which
    variables and computes the losses; this class does the rest. It trains in
    `trainers.loop` and in plain `fit`.

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
        rounds: tuple of rounds; the players of a round learn from one
            forward pass, one round follows the other.
        phase: hashable; a Python value that the traced step may depend on.
        replicas: int, of the strategy in whose scope the method was made.

    Raises:
        UserError: `image_size` is no multiple of `multiple`.
    """

    spec = None
    directions = DIRECTIONS
    multiple = 4
    rounds = (("generator", "discriminator"),)

    def __init__(self, config, *, image_size, epoch_steps=1, seed=0, **kwargs):
        super().__init__(**kwargs)
        self.config = config
        self.image_size = tuple(image_size)
        self.epoch_steps = epoch_steps
        self.seed = seed
        self.replicas = replica_count()
        self.trackers = {}
        # In a module of its own, or Keras 2 would count it as a weight.
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

    @property
    def networks(self):
        """dict of name to network: everything that has weights."""
        names = (
            *(f"generator_{direction}" for direction in DIRECTIONS),
            "discriminator_a",
            "discriminator_b",
        )
        return {name: getattr(self, name) for name in names}

    def owned_variables(self, player):
        """Variables that the player's optimizer is made for."""
        return [
            variable
            for name, network in self.networks.items()
            if name.startswith(player)
            for variable in network.trainable_variables
        ]

    def moving_variables(self, player):
        """Those of `owned_variables` that learn in this phase."""
        return self.owned_variables(player)

    def compute_losses(self, batch, players=None, training=True):
        """Every term of the losses, unweighted, averaged over the batch.

        Args:
            batch: nested dict, see docs/data.md.
            players: names; None is all. Others' terms are not computed.
            training: bool; False leaves pools, memories and power
                iterations alone.

        Returns:
            dict of player to dict of term to scalar float32.
        """
        raise NotImplementedError

    def loss_names(self, player):
        """Names of the player's terms under this config."""
        if player == "discriminator":
            return ["discriminator_a", "discriminator_b"]
        kinds = ("adversarial", "cycle", "identity", "context")
        return [
            f"{kind}_{domain}"
            for kind in kinds
            if getattr(self.config, f"{kind}_weight", 0)
            for domain in ("a", "b")
        ]

    def term_weight(self, term):
        """The config's weight of a term such as "cycle_a"."""
        kind = term.rsplit("_", 1)[0]
        return getattr(self.config, f"{kind}_weight", 1.0)

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
    def memories(self):
        """dict of name to `tf.Module`: what training keeps of its images."""
        return {}

    def images_to_show(self, batch):
        """dict of name to (B, H, W, 1 or 3) images for grids, in order."""
        shown = {}
        for direction in DIRECTIONS:
            source, target = source_and_target(direction)
            inputs = {
                port.name: batch[source][port.name]
                for port in self.spec.required
            }
            there = self.translate(inputs, direction)
            shown[f"real_{source}"] = inputs["image"]
            shown[f"mask_{source}"] = there["mask"]
            shown[f"fake_{target}"] = there["image"]
            if "region" in batch[source]:
                shown[f"region_{source}"] = batch[source]["region"]
        return shown

    def phase_at(self, step):
        """The phase of a training step; it may only depend on the step."""
        return None

    # What all methods share.

    def make_pools(self, size, channels):
        """One `HistoryPool` a domain, as `pool_a` and `pool_b`."""
        for domain, offset in (("a", 10), ("b", 20)):
            pool = HistoryPool(
                size,
                (*self.image_size, channels),
                seed=self.seed + offset,
                name=f"pool_{domain}",
                dtype=self.variable_dtype,
            )
            setattr(self, f"pool_{domain}", pool)

    @property
    def pools(self):
        """dict of name to `HistoryPool`; empty before `make_pools`."""
        names = ("pool_a", "pool_b")
        return {
            name: getattr(self, name) for name in names if name in vars(self)
        }

    @property
    def players(self):
        """Names of all players, in order."""
        return [player for players in self.rounds for player in players]

    @property
    def optimizers(self):
        """dict of player to optimizer: a view of the attributes."""
        return {
            player: getattr(self, f"{player}_optimizer")
            for player in self.players
        }

    def compile(self, make_optimizer, **kwargs):
        """Gives every player its optimizer, built on all of its variables.

        Args:
            make_optimizer: function of the player's name that returns a new
                optimizer (of Keras or of tensorflow-addons).
            **kwargs: arguments of `keras.Model.compile`.
        """
        # Keras 2 wants an optimizer, Keras 3 would make one with as many
        # slots as weights. Plain SGD has none; nobody uses it.
        super().compile(optimizer="sgd", **kwargs)
        for player in self.players:
            optimizer = make_optimizer(player)
            setattr(self, f"{player}_optimizer", optimizer)
            variables = self.owned_variables(player)
            if hasattr(optimizer, "build"):
                optimizer.build(variables)
            else:  # Keras' legacy class, under tensorflow-addons' optimizers
                optimizer._create_all_weights(variables)
            for name in self.loss_names(player):
                name = f"{player}/{name}"
                self.trackers[name] = keras.metrics.Mean(name=name)

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
                tf.cast(self.term_weight(name), value.dtype) * value
                for name, value in terms.items()
            ]
        )

    def train_step(self, batch):
        """Every round of one step; returns running means of all terms."""
        logs = {}
        for players in self.rounds:
            losses = self.learn(
                players, lambda players: self.compute_losses(batch, players)
            )
            logs |= self.track(losses)
        self.step.assign_add(1)
        return logs

    def distributed_step(self, strategy, batch):
        """One step on every replica, called outside of `strategy.run`."""
        strategy.run(self.train_step, args=(batch,))

    def learn(self, players, compute_losses):
        """One update of every player, from one forward pass.

        Args:
            players: names.
            compute_losses: function of the players' names that returns
                what the method `compute_losses` does.

        Returns:
            What `compute_losses` returned.
        """
        with tf.GradientTape(persistent=True) as tape:
            losses = compute_losses(players)
            totals = {
                player: replica_share(self.total_loss(losses[player]))
                for player in players
            }
        for player in players:
            variables = self.moving_variables(player)
            gradients = tape.gradient(totals[player], variables)
            # None is what a phase does not use, such as the scale of a
            # normalisation that is bypassed: it must not move.
            self.optimizers[player].apply_gradients(
                [
                    (gradient, variable)
                    for gradient, variable in zip(
                        gradients, variables, strict=True
                    )
                    if gradient is not None
                ]
            )
        return losses

    def test_step(self, batch):
        """All terms on a batch, without training."""
        return self.track(self.compute_losses(batch, training=False))

    def track(self, losses):
        """Adds terms to the running means; returns those."""
        logs = {}
        for player, terms in losses.items():
            for term, value in terms.items():
                name = f"{player}/{term}"
                self.trackers[name].update_state(value)
                logs[name] = self.trackers[name].result()
        return logs

    @property
    def metrics(self):
        return list(self.trackers.values())

    def fit(self, *args, callbacks=None, **kwargs):
        """`keras.Model.fit`, which also follows the phases."""
        return super().fit(
            *args, callbacks=[*(callbacks or []), PhaseSwitch()], **kwargs
        )


class PhaseSwitch(keras.callbacks.Callback):
    """Traces `fit`'s step anew when the method enters another phase."""

    def on_train_batch_begin(self, batch, logs=None):
        phase = self.model.phase_at(int(self.model.step.numpy()))
        if phase != self.model.phase:
            self.model.phase = phase
            self.model.make_train_function(force=True)
