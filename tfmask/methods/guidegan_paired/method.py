"""GuideGAN on pairs: a U-Net, guided by its discriminator."""

import tensorflow as tf

from tfmask.losses import lsgan_discriminator, lsgan_generator
from tfmask.methods.base import source_and_target
from tfmask.methods.guidance import Guidance
from tfmask.methods.guidegan_paired import METHOD
from tfmask.methods.paired import PairedMethod
from tfmask.methods.players import Term, weighted
from tfmask.networks import judge_pair


class PairedGuideGAN(Guidance, PairedMethod):
    """A generator of pairs sees where the discriminator looks.

    Code and paper: `generator` is G. `discriminator` is D. `memory_a` (of
    direction a_to_b) has the A(G(x)) of every x. `adversarial` is Eq. (7).
    `l1` is L_L1 of Eq. (8). Both have the weight 10.

    Both players learn from one forward pass, as in the unpaired setting.
    Neither sees the new weights of the other in a step.

    Args:
        config: `PairedGuideGANConfig`.
        **kwargs: see `TranslationMethod`.

    Paper: see `Guidance`; section 3.4.
    Differs from the paper: with `conditional` the discriminator also sees the
    input, as in pix2pix, and its attention depends on both. There is no dropout
    in `translate`.
    """

    spec = METHOD

    def __init__(self, config, **kwargs):
        super().__init__(config, **kwargs)
        self.generator = self.guided_generator(self.make_unet())
        self.discriminator = self.guiding_discriminator(**self.network_options)
        self.build_networks()
        self.make_memories(f"memory_{config.direction[0]}")

    def players_of(self, direction):
        return self.generator, self.discriminator

    def compute_losses(self, batch, players=None, training=True):
        players = players or self.players
        source, target = source_and_target(self.config.direction)
        image, real = batch[source]["image"], batch[target]["image"]
        fake, _ = self.guided(
            self.config.direction, batch[source], **self.step_options(training)
        )
        # The generator's loss and the memory use this pass.
        judged = self.discriminator(self.judged(image, fake))
        if training and self.config.attention_mode == "memory":
            self.remember(f"memory_{source}", batch[source], judged.attention)
        losses = {}
        if "generator" in players:
            losses["generator"] = weighted(
                {
                    "adversarial": (
                        lambda: lsgan_generator(judged.scores),
                        self.config.adversarial_weight,
                    )
                }
                | self.l1_term(fake, real)
            )
        if "discriminator" in players:
            pair = judge_pair(
                self.discriminator,
                self.judged(image, real),
                self.judged(image, fake),
            )
            loss = lsgan_discriminator(*(j.scores for j in pair))
            losses["discriminator"] = {
                "discriminator": Term(tf.reduce_mean(loss), 1.0)
            }
        return losses
