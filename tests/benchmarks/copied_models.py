"""Weights of tfmask's networks in PyTorch's modules, and what must be equal."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the extra `benchmark`")

from benchmarks.pytorch_rounds import Rounds  # noqa: E402

SIZE = 16


def residual_layers(blocks):
    return [
        layer
        for block in blocks
        for layer in (
            block.first,
            block.first_norm,
            block.second,
            block.second_norm,
        )
    ]


def alternating(convolutions, norms):
    return [
        layer
        for pair in zip(convolutions, norms, strict=True)
        for layer in pair
    ]


def copy_weights(layers, model):
    """From layers to the modules that have parameters, in this order."""
    modules = [
        module
        for module in model.modules()
        if next(module.parameters(recurse=False), None) is not None
    ]
    for layer, module in zip(layers, modules, strict=True):
        for name, parameter in module.named_parameters(recurse=False):
            names = {
                "weight": ("kernel", "gamma"),
                "original": ("kernel",),  # below its spectral norm
                "bias": ("bias", "beta"),
            }
            (variable,) = (
                getattr(layer, key)
                for key in names.get(name, (name,))
                if hasattr(layer, key)
            )
            if len(variable.shape) == 1:  # all 0 or all 1 would hide a swap
                rng = np.random.default_rng(len(name))
                variable.assign(rng.uniform(0.5, 1.5, variable.shape))
            values = np.asarray(variable)
            order = {4: (3, 2, 0, 1), 2: (1, 0), 1: (0,)}[values.ndim]
            with torch.no_grad():
                parameter.copy_(torch.from_numpy(values.transpose(order)))


def images(seed, count=2):
    rng = np.random.default_rng(seed)
    return rng.uniform(-1.0, 1.0, (count, SIZE, SIZE, 3)).astype("float32")


def channels_first(values):
    return torch.from_numpy(values.transpose(0, 3, 1, 2).copy())


def assert_same_losses(method, batch, model, torch_batch):
    for player in ("discriminator", "generator"):
        ours = method.compute_losses(batch, (player,))[player]
        theirs = getattr(model, f"{player}_losses")(*torch_batch)
        assert ours.keys() == theirs.keys()
        for name, (value, weight) in ours.items():
            # float32 sums in another order.
            np.testing.assert_allclose(
                value, theirs[name].item(), rtol=1e-4, atol=1e-5, err_msg=name
            )
            if isinstance(model, Rounds):
                assert model.weight(player, name) == weight, name


def assert_same_counts(method, model):
    for player in method.players:
        ours, theirs = (
            sum(int(np.prod(value.shape)) for value in values)
            for values in (
                method.owned_variables(player),
                model.parameters(player),
            )
        )
        assert ours == theirs, player


def assert_a_step_moves_all(model, *batch):
    before = {
        name: [value.detach().clone() for value in network.parameters()]
        for name, network in model.networks.items()
    }
    model.train_step(*batch)
    for name, network in model.networks.items():
        moved = [
            not torch.equal(old, new)
            for old, new in zip(before[name], network.parameters(), strict=True)
        ]
        # Biases before a normalisation have almost no gradient.
        assert np.mean(moved) > 0.5, name
