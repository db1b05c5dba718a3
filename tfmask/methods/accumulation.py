"""A step that computes the parts of its batch one after the other.

So a step keeps only the values of one part for its backward pass. The mean of
the gradients over all parts is the gradient of the whole batch, if a loss is a
mean over images and the outputs of an image depend on no other image.
"""

import tensorflow as tf

from tfmask.ops.distribution import part_of_step


def learn_in_parts(method, run, players, batch):
    """One update of some players from the mean of all parts' gradients.

    The parts are a loop around `run`. Only one part is traced. A part begins
    after the part before it has ended.

    Args:
        method: `TranslationMethod` with `parts` above 1.
        run: function that calls a function with arguments on every replica.
        players: names of the players of one round.
        batch: see `TranslationMethod.compute_losses`.
    """
    parts = method.parts
    # Names of players to places of variables that no loss reaches.
    missing = {}

    def start():
        return {
            player: [
                tf.zeros(variable.shape, variable.dtype)
                for variable in method.owned_variables(player, method.frozen)
            ]
            for player in players
        }

    def add(number, sums, batch):
        own = tf.nest.map_structure(
            lambda values: _rows_of_part(values, number, parts), batch
        )
        with part_of_step(number, parts):
            losses, gradients = method.gradients_of(
                players, lambda names: method.compute_losses(own, names)
            )
        method.terms.update_state(losses)
        for player, of_player in gradients.items():
            missing[player] = [gradient is None for gradient in of_player]
        return {
            player: [
                total if gradient is None else total + gradient / parts
                for total, gradient in zip(
                    sums[player], gradients[player], strict=True
                )
            ]
            for player in players
        }

    def body(number, sums):
        return number + 1, run(add, number, sums, batch)

    _, sums = tf.while_loop(
        lambda number, _: number < parts,
        body,
        (0, run(start)),
        parallel_iterations=1,
    )

    def apply(sums):
        gradients = {
            player: [
                None if absent else value
                for value, absent in zip(
                    sums[player], missing[player], strict=True
                )
            ]
            for player in players
        }
        method.apply_gradients(players, gradients)

    run(apply, sums)


def _rows_of_part(values, number, parts):
    """The rows of part `number` of a tensor (B, ...); B is divisible."""
    size = values.shape[0] // parts
    return tf.ensure_shape(
        values[number * size : (number + 1) * size],
        (size, *values.shape[1:]),
    )
