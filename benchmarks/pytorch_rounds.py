"""The base of the benchmarks' PyTorch models whose players learn in turn."""

import torch


class Rounds:
    """Networks, an Adam for each player, the updates of a step.

    The discriminators learn first. A subclass has `discriminator_losses` and
    `generator_losses`, functions of a batch that return a dict of unweighted
    terms, and `weight`.

    Args:
        config: the method's config.
        networks: dict of name to module. The generator's optimizer updates
            those with "generator" in their names. The names of the others have
            "discriminator".
    """

    players = ("discriminator", "generator")

    def __init__(self, config, networks):
        self.config = config
        self.networks = networks
        self.optimizers = {
            player: torch.optim.Adam(
                self.parameters(player), lr=2e-4, betas=(0.5, 0.999)
            )
            for player in self.players
        }

    def parameters(self, player):
        return [
            parameter
            for name, network in self.networks.items()
            if player in name
            for parameter in network.parameters()
        ]

    def train_step(self, *batch):
        """Each player's update."""
        everything = []
        for player in self.players:
            for parameter in self.parameters("discriminator"):
                parameter.requires_grad_(player == "discriminator")
            losses = getattr(self, f"{player}_losses")(*batch)
            self.optimizers[player].zero_grad()
            sum(
                self.weight(player, name) * value
                for name, value in losses.items()
            ).backward()
            self.optimizers[player].step()
            everything += losses.values()
        for value in everything:  # a user logs them
            value.item()
