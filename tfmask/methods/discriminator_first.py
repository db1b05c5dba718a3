"""Methods whose generator learns from the discriminator's new weights."""


class DiscriminatorFirst:
    """In a step, first the discriminator learns, then the generator.

    Both learn from one forward pass of the generator. After its update, the
    discriminator judges the translation again.

    A class must inherit from it before `TranslationMethod`. A method has the
    players `discriminator` and `generator`. It defines `made_of` and
    `player_losses`.
    """

    rounds = (("discriminator",), ("generator",))

    def made_of(self, batch, training):
        """The tensors that both players' losses use, such as translations.

        Args:
            batch, training: see `TranslationMethod.compute_losses`.
        """
        raise NotImplementedError

    def player_losses(self, players, forward):
        """The terms of some players.

        Args:
            players: names.
            forward: the result of `made_of`.

        Returns:
            dict as in `TranslationMethod.compute_losses`.
        """
        raise NotImplementedError

    def compute_losses(self, batch, players=None, training=True):
        forward = self.made_of(batch, training)
        return self.player_losses(players or self.players, forward)

    def take_step(self, run, batch):
        """Updates the discriminator, then the generator.

        The discriminator learns inside of the generator's forward pass. So
        there is only one pass. With several parts there are two passes, because
        the generator's first part needs a discriminator that has learned from
        all parts.
        """
        if self.parts > 1:
            return super().take_step(run, batch)

        def update(batch):
            def losses(players):
                forward = self.made_of(batch, training=True)
                before = self.learn(
                    ("discriminator",),
                    lambda judges: self.player_losses(judges, forward),
                )
                return {**before, **self.player_losses(players, forward)}

            self.terms.update_state(self.learn(("generator",), losses))
            self.count_step()

        run(update, batch)
