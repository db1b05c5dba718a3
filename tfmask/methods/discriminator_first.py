"""Methods whose generator meets the discriminator's new weights."""


class DiscriminatorFirst:
    """A step is the discriminator's update first, then the generator's.

    One forward pass serves both. After its update, the discriminator judges the
    translation again.

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
        """Some players' terms.

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
        """The discriminator's and then the generator's update.

        The discriminator learns inside of the generator's forward pass, so
        that there is only one. With several parts there are two: the
        generator's first part needs the discriminator that all parts taught.
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
