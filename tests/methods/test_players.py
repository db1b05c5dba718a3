"""Players of a toy method: their networks, their steps, `after_update`."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfmask.methods.base import TranslationMethod
from tfmask.methods.players import Player, Term, clip_weights, weighted
from tfmask.methods.term_means import TermMeans

pytestmark = pytest.mark.both_stacks

RATE = 0.1
# The gradient of each network's loss is the mean of the batch.
BATCH = tf.constant([[1.0], [3.0]])


class Scale(keras.layers.Layer):
    """One weight that begins at 1."""

    def build(self, input_shape):
        self.weight = self.add_weight(
            name="weight", shape=(1,), initializer="ones"
        )
        self.built = True

    def call(self, inputs):
        return self.weight * inputs


class Toy(TranslationMethod):
    """Three weights; `shared` belongs to two players."""

    players = {
        "one": Player(("first", "shared")),
        "two": Player(("second", "shared")),
    }
    rounds = (("one", "two"),)
    weights_of_terms = {"one": 1.0, "two": 2.0}

    def __init__(self, rate=RATE, **players):
        super().__init__(None, image_size=(4, 4))
        if players:
            self.players = {**type(self).players, **players}
        self.first, self.second, self.shared = Scale(), Scale(), Scale()
        self.build_networks()
        self.compile(lambda settings: keras.optimizers.SGD(rate))

    def compute_losses(self, batch, players=None, training=True):
        own = {"one": self.first, "two": self.second}
        return {
            player: weighted(
                {
                    "sum": (
                        lambda player=player: (
                            own[player](batch) + self.shared(batch)
                        ),
                        self.weights_of_terms[player],
                    )
                }
            )
            for player in players or self.players
        }

    def values(self):
        return {
            name: float(network.weights[0].numpy()[0])
            for name, network in self.networks.items()
        }


def test_networks_are_those_of_the_players_each_once():
    toy = Toy()
    assert list(toy.networks) == ["first", "shared", "second"]
    assert len(toy.owned_variables("one")) == 2
    assert len(toy.owned_variables("one", frozen=("shared",))) == 1


def test_a_network_of_two_players_learns_from_both():
    toy = Toy()
    toy.train_step(BATCH)
    # The mean is 2; the weights of the terms are 1 and 2.
    assert toy.values() == pytest.approx(
        {"first": 1 - 0.2, "second": 1 - 0.4, "shared": 1 - 0.6}
    )


def test_what_is_frozen_stays():
    class Frozen(Toy):
        frozen = ("shared",)

    toy = Frozen()
    toy.train_step(BATCH)
    assert toy.values()["shared"] == 1.0 != toy.values()["first"]


@pytest.mark.parametrize("compiled", [False, True])
def test_a_player_learns_in_every_so_manieth_step(compiled):
    rare = Player(("second", "shared"), every=3)
    toy = Toy(two=rare)
    toy.rounds = (("one",), ("two",))
    step = (
        tf.function(toy.train_step, autograph=False)
        if compiled
        else toy.train_step
    )
    moves = []
    for _ in range(6):
        before = toy.values()["second"]
        step(BATCH)
        moves.append(toy.values()["second"] != before)
    assert moves == [False, False, True] * 2
    assert int(toy.step.numpy()) == 6


def on_replicas(strategy, toy, steps=3):
    shares = strategy.experimental_distribute_values_from_function(
        lambda context: BATCH[context.replica_id_in_sync_group :][:1]
    )
    for step in range(steps):
        toy.phase = toy.phase_at(step)
        toy.distributed_step(strategy, shares)
    return toy.values()


@pytest.mark.parametrize(
    "one",
    [
        Player(("first", "shared")),
        Player(("first", "shared"), clip_norm=0.5),
        Player(("first", "shared"), after_update=clip_weights(0.5)),
    ],
)
def test_two_replicas_equal_one_device(two_replicas, one):
    alone = Toy(one=one)
    for _ in range(3):
        alone.train_step(BATCH)
    with two_replicas.scope():
        mirrored = Toy(one=one)
    expected = alone.values()
    assert on_replicas(two_replicas, mirrored) == pytest.approx(expected)
    first = expected["first"]
    if one.clip_norm:  # both gradients are 2: 0.5 / sqrt(2) is left of each
        assert first == pytest.approx(1 - 3 * RATE * 0.5 / np.sqrt(2))
    elif one.after_update:
        assert first == pytest.approx(0.5 - 0.4)
    means = alone.terms.result()
    for name, value in mirrored.terms.result().items():
        assert float(value) == pytest.approx(float(means[name])), name


def test_a_rare_player_is_a_phase_on_replicas(two_replicas):
    rare = Player(("second", "shared"), every=2)
    with two_replicas.scope():
        toy = Toy(two=rare)
    toy.rounds = (("one",), ("two",))
    assert [toy.phase_at(step) for step in range(4)] == [(), ("two",)] * 2
    assert on_replicas(two_replicas, toy, 3)["second"] == pytest.approx(0.6)


def test_weight_0_is_not_computed():
    def never():
        raise AssertionError

    ones = tf.ones([3])
    terms = weighted({"a": (never, 0.0), "b": (lambda: ones, 2)})
    assert list(terms) == ["b"]
    assert (float(terms["b"].value), terms["b"].weight) == (1.0, 2)


def test_what_is_only_reported_is_not_learnt_from():
    toy = Toy()
    terms = {
        "learnt": Term(tf.constant(2.0), 3.0),
        "reported": Term(tf.constant(9.0), None),
        "later": Term(None, None),
    }
    assert float(toy.total_loss(terms)) == 6.0


def test_means_of_terms_as_they_come():
    means = TermMeans()

    @tf.function
    def update(value):
        means.update_state({"p": {"x": Term(value, 1)}})

    update(tf.constant(1.0))
    update(tf.constant(2.0))
    means.update_state({"p": {"y": Term(None, None), "z": Term(5.0, 1)}})
    values = {name: float(value) for name, value in means.result().items()}
    assert values == {"p/x": 1.5, "p/y": 0.0, "p/z": 5.0}
    means.reset_state()
    assert {float(value) for value in means.result().values()} == {0.0}


def test_sums_are_counted_once():
    means = TermMeans()
    for _ in range(3):
        means.update_state({"p": {"x": Term(2.0, 1)}}, count=0.0)
    means.count()
    assert float(means.result()["p/x"]) == 6.0
