"""InstaGAN: translates an image together with the masks of its instances."""

from functools import partial

import tensorflow as tf

from tfmask.layers import normal_initializer
from tfmask.losses import (
    background_weight,
    context,
    l1,
    lsgan_discriminator,
    lsgan_generator,
)
from tfmask.methods.base import (
    DIRECTIONS,
    TranslationMethod,
    source_and_target,
)
from tfmask.methods.instagan import METHOD
from tfmask.methods.instagan.instance_sequence import translate_in_sequence
from tfmask.methods.instagan.sides import first_side, wanted_substeps
from tfmask.methods.players import Term, weighted
from tfmask.methods.two_domains import TwoDomains
from tfmask.networks import (
    ConcatenatedDiscriminator,
    ConcatenatedGenerator,
    InstanceDiscriminator,
    InstanceGenerator,
    judge_pair,
)
from tfmask.ops import instances as sets
from tfmask.ops.precision import exact

NETWORKS = {
    "set": (InstanceGenerator, InstanceDiscriminator),
    "concatenated": (ConcatenatedGenerator, ConcatenatedDiscriminator),
}


def _weighted_mean(weight, value):
    return tf.reduce_mean(weight * value)


class InstaGAN(TwoDomains, TranslationMethod):
    """Two generators and two discriminators of images with masks.

    Code and paper: `generator_a_to_b` is G_XY. `discriminator_b` is D_Y.
    `adversarial_b` is L_LSGAN, `cycle_a` is L_cyc, `identity_b` is L_idt and
    `context_a` is L_ctx of X (section 2.2). A training step is the paper's
    sequential mini-batch (section 2.3). Every sub-step translates the next
    `instances_per_step` instances in the image of the sub-step before, and
    updates all players. With the architecture "concatenated" (the paper's
    CycleGAN+Seg), all instances of an image are one.

    The masks are an input. The method does not find them, and it does not blend
    with them.

    Args:
        config: `InstaGANConfig`.
        **kwargs: see `TranslationMethod`.

    Paper: Mo, Cho, Shin 2019, arXiv 1812.10889.
    Differs from the paper, as the official code does: every sub-step updates
    the networks. The objective is not summed over the sub-steps first.
    docs/methods/instagan.md says how it differs from the official code.
    """

    spec = METHOD
    divisible = False

    def __init__(self, config, **kwargs):
        super().__init__(config, **kwargs)
        common = {
            "normalization": config.normalization,
            "kernel_initializer": normal_initializer(config.initializer_stddev),
        }
        generator = {
            "filters": config.filters,
            "blocks": config.blocks,
            "strided_layers": config.strided_layers,
            "upsampling": config.upsampling,
            **common,
        }
        discriminator = {
            "filters": config.discriminator_filters,
            "strided_layers": config.discriminator_layers,
            "spectral_normalization": (
                config.discriminator_spectral_normalization
            ),
            **common,
        }
        make_generator, make_discriminator = NETWORKS[config.architecture]
        self.generator_a_to_b = make_generator(**generator)
        self.generator_b_to_a = make_generator(**generator)
        self.discriminator_a = make_discriminator(**discriminator)
        self.discriminator_b = make_discriminator(**discriminator)
        self.build_networks()
        self.make_pools(config.pool_size, 3 + self.slots)

    @property
    def merges(self):
        """Whether the networks see one mask, the union of all."""
        return self.config.architecture == "concatenated"

    @property
    def per_step(self):
        """Number of instance slots in a sub-step of training."""
        return 1 if self.merges else self.config.instances_per_step

    @property
    def substeps(self):
        """Most sub-steps of a training step."""
        if self.merges:
            return 1
        return -(-self.config.instances_max // self.per_step)

    @property
    def slots(self):
        """Number of instance slots of a training image.

        It is a multiple of the number in a sub-step.
        """
        return self.substeps * self.per_step

    def compute_losses(self, batch, players=None, training=True):
        """See `TranslationMethod`. Every term is a sum over the sub-steps."""
        players = players or self.players
        sides, all_losses = self.first_sides(batch), []
        for number in range(self.substeps):
            losses, sides = self.substep(sides, number, players, training)
            all_losses.append(losses)
        return {
            player: {
                name: Term(
                    sum(losses[player][name].value for losses in all_losses),
                    term.weight,
                )
                for name, term in terms.items()
            }
            for player, terms in all_losses[0].items()
        }

    def train_step(self, batch):
        """One sequential mini-batch. Terms are sums over its sub-steps.

        The number of sub-steps follows the number of instances in the batch.
        Replicas must have the same number, and gradients cannot be merged
        inside a loop of a replica. So on several replicas, `fit` runs all
        sub-steps. A sub-step without instances moves weights only by Adam's
        momentum. `distributed_step` does not have this problem.
        """
        if tf.distribute.get_strategy().num_replicas_in_sync == 1:
            wanted = self.wanted_substeps(batch)
            self._sequence(lambda f, *args: f(*args), wanted, batch)
            return self.terms.result()
        sides = self.first_sides(batch)
        for number in range(self.substeps):
            sides = self.learn_substep(number, sides)
        self.finish()
        return self.terms.result()

    def distributed_step(self, strategy, batch):
        """See `TranslationMethod`. All replicas run the same sub-steps."""

        def run(function, *args):
            return strategy.run(function, args=args)

        counts = run(self.wanted_substeps, batch)
        total = tf.distribute.ReduceOp.SUM
        self._sequence(run, strategy.reduce(total, counts, axis=None), batch)

    def _sequence(self, run, wanted, batch):
        """A loop around `run`. So only one sub-step is traced, not all."""
        count = tf.reduce_sum(tf.cast(wanted > 0, tf.int32))

        def body(number, sides):
            return number + 1, run(self.learn_substep, number, sides)

        tf.while_loop(
            lambda number, _: number < count,
            body,
            (0, run(self.first_sides, batch)),
            parallel_iterations=1,
        )
        run(self.finish)

    def learn_substep(self, number, sides):
        """One update of both players; returns the new sides."""
        following = []

        def losses_of(players):
            losses, later = self.substep(sides, number, players, True)
            following.append(later)
            return losses

        losses = self.learn(tuple(self.players), losses_of)
        self.terms.update_state(losses, count=0.0)
        return following[0]

    def finish(self):
        """Counts the step, and one value of each term."""
        self.count_step()
        self.terms.count()

    def wanted_substeps(self, batch):
        """(M,) int32: images that have an instance for each sub-step."""
        return wanted_substeps(batch, self.substeps, self.per_step)

    def first_sides(self, batch):
        """dict of domain to `Side`, before the first sub-step."""
        sides = {}
        for domain in ("a", "b"):
            shuffle_seed = None
            if self.config.instance_order == "random":
                stream = {"a": 30, "b": 40}[domain]
                shuffle_seed = [self.seed + stream, self.step]
            sides[domain] = first_side(
                batch[domain],
                self.slots,
                self.config.instances_max,
                merges=self.merges,
                shuffle_seed=shuffle_seed,
            )
        return sides

    def substep(self, sides, number, players, training):
        """Losses of one sub-step, and the start of the next one.

        Args:
            sides: dict of domain to `Side`.
            number: int or scalar int tensor, from 0.
            players: names.
            training: bool.

        Returns:
            losses: as `compute_losses`.
            sides: dict of domain to `Side`.
        """
        per_step = self.per_step
        now = number * per_step + tf.range(per_step)
        masks = {
            d: tf.gather(side.masks, now, axis=1) for d, side in sides.items()
        }
        valid = {d: sets.occupied(part) for d, part in masks.items()}
        active = {d: tf.reduce_any(v, axis=1) for d, v in valid.items()}
        fakes, same = self._translations(sides, masks, valid)
        losses = {player: {} for player in players}
        following = {}
        for direction in DIRECTIONS:
            source, target = source_and_target(direction)
            side = sides[source]
            image, translated = fakes[target]
            # Slots of a chunk without instances stay empty.
            outlines = sets.choose(active[source], translated, masks[source])
            shown = sets.put(side.done, outlines, number * per_step)
            following[source] = side._replace(
                image=tf.stop_gradient(
                    sets.choose(active[source], image, side.image)
                ),
                done=tf.stop_gradient(shown),
            )
            weight = tf.cast(active[source], side.image.dtype)
            if "generator" in players:
                terms = self._generator_terms(
                    direction,
                    (side.image, masks[source], valid[source]),
                    fakes[target],
                    same[source],
                    shown,
                )
                losses["generator"] |= weighted(
                    terms, partial(_weighted_mean, weight)
                )
            if "discriminator" in players:
                value = self._discriminator_loss(
                    target,
                    sides[target],
                    sets.stacked(image, shown),
                    training,
                    self.step * self.substeps + number,
                    active[source],
                )
                losses["discriminator"][f"discriminator_{target}"] = Term(
                    _weighted_mean(weight, value), 1.0
                )
        return losses, following

    def _translations(self, sides, masks, valid):
        """Fakes by target domain, identities by domain: (image, masks)."""
        fakes, same = {}, {}
        for direction in DIRECTIONS:
            source, target = source_and_target(direction)
            generator = self.networks[f"generator_{direction}"]
            domains = [source]
            if self.config.identity_weight:
                # One call for both gives the same values with larger
                # convolutions.
                domains.append(target)
            image, outlines = generator(
                tf.concat([sides[d].image for d in domains], axis=0),
                tf.concat([masks[d] for d in domains], axis=0),
                tf.concat([valid[d] for d in domains], axis=0),
            )
            results = zip(
                tf.split(image, len(domains)),
                tf.split(outlines, len(domains)),
                strict=True,
            )
            fakes[target], *rest = results
            same[target] = rest[0] if rest else None
        return fakes, same

    def _generator_terms(self, direction, inputs, fake, same, shown):
        """Terms of one direction for `weighted`, (B,) each."""
        source, target = source_and_target(direction)
        image, masks, valid = inputs
        config = self.config
        real = sets.stacked(image, masks)

        def adversarial():
            judge = self.networks[f"discriminator_{target}"]
            return lsgan_generator(judge(fake[0], shown).scores)

        def cycle():
            back = self.networks[f"generator_{target}_to_{source}"]
            return l1(sets.stacked(*back(*fake, valid)), real)

        def background():
            binary = config.context_form == "binary"
            weight = background_weight(masks, fake[1], binary=binary)
            return context(image, fake[0], weight)

        return {
            f"adversarial_{target}": (adversarial, config.adversarial_weight),
            f"cycle_{source}": (cycle, config.cycle_weight),
            f"identity_{source}": (
                lambda: l1(sets.stacked(*same), real),
                config.identity_weight,
            ),
            f"context_{source}": (background, config.context_weight),
        }

    def _discriminator_loss(self, domain, real, fake, training, *query):
        """(B,) loss of a discriminator on originals and (older) fakes."""
        judge = self.networks[f"discriminator_{domain}"]
        judged = judge_pair(
            lambda pair: judge(*pair, training=training),
            (real.original, real.masks),
            sets.unstacked(self.pooled(domain, fake, training, *query)),
        )
        return lsgan_discriminator(*(j.scores for j in judged))

    def translate(
        self, inputs, direction="a_to_b", per_step=None, keep_background=None
    ):
        """Translates any number of instances in sub-steps.

        Args:
            inputs: dict with `image` (B, H, W, 3) in [-1, 1] and
                `instances` (B, N, H, W, 1) in [0, 1]; N may be 0, and slots
                of zeros are empty.
            direction: "a_to_b" or "b_to_a".
            per_step: int, instances of a sub-step. 0: all at once. None: as in
                the config. It has no meaning if all are one.
            keep_background: bool. None: as in the config.

        Returns:
            dict with `image` (B, H, W, 3), `instances` (B, N, H, W, 1) in
            [0, 1], in the order of the input, and `mask` (B, H, W, 1), their
            union. An example without instances does not change. If all are one,
            `instances` are the pieces of its outline that are nearest to the
            given ones.

        Raises:
            ValueError: the instances do not have the size of the images.
        """
        original = exact(inputs["image"])
        instances = sets.signed(inputs["instances"])
        size, mask_size = original.shape[1:3], instances.shape[2:4]
        if not mask_size.is_compatible_with(size):
            raise ValueError(
                "`instances` must have the height and width of `image`, "
                f"{tuple(size)}. Got: {tuple(mask_size)}"
            )
        if per_step is None:
            per_step = self.config.translate_per_step
        if per_step is None:
            per_step = self.config.instances_per_step
        generator = self.networks[f"generator_{direction}"]
        masks = instances
        if self.merges:
            masks, per_step = sets.merged(instances), 1
        image, outlines = translate_in_sequence(
            generator, original, masks, per_step
        )
        if keep_background is None:
            keep_background = self.config.keep_background
        if keep_background:
            changed = sets.union(tf.concat([instances, outlines], axis=1))
            image = original + changed * (image - original)
        union = tf.ensure_shape(sets.union(outlines), (*original.shape[:3], 1))
        if self.merges:
            outlines = sets.shared_out(outlines, instances)
        return {
            "image": image,
            "mask": union,
            "instances": sets.memberships(outlines),
        }
