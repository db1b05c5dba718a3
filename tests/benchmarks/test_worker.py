"""PyTorch's side of a comparison: its device, and `torch.compile`."""

import copy
import dataclasses
import shutil

import pytest

from benchmarks import train_step, worker
from tfmask.methods.cyclegan.config import CycleGANConfig
from tfmask.methods.stargan.config import StarGANConfig

torch = pytest.importorskip("torch", reason="the extra `benchmark`")

from torch.utils import _pytree as pytree  # noqa: E402
from torch.utils._python_dispatch import TorchDispatchMode  # noqa: E402


def options(method, **changes):
    guidance = ("post_hoc",)
    chosen = train_step.Options(method=method, guidance=guidance, **changes)
    return dataclasses.asdict(train_step.complete(chosen))


def cyclegan():
    """A small model, and a batch."""
    from benchmarks.pytorch_cyclegan import CycleGAN

    config = CycleGANConfig(
        filters=4, blocks=1, discriminator_filters=4, discriminator_layers=2
    )
    return CycleGAN(config), (
        torch.rand(1, 3, 16, 16),
        torch.rand(1, 3, 16, 16),
    )


def stargan():
    """A small model, and a batch. Its attributes don't change in any order."""
    from benchmarks.pytorch_stargan import StarGAN

    config = StarGANConfig(
        attributes=("red", "round"),
        filters=4,
        blocks=1,
        discriminator_filters=4,
        discriminator_layers=3,
    )
    images, attributes = torch.rand(2, 3, 16, 16), torch.ones(2, 2)
    return StarGAN(config, 16), (images, attributes, True)


@pytest.fixture
def meta_device(monkeypatch):
    """A device without memory, which stands for a GPU."""
    torch.set_default_device("meta")
    monkeypatch.setattr(torch.Tensor, "item", lambda tensor: 1.0)
    yield
    torch.set_default_device(None)


class OneDevice(TorchDispatchMode):
    """Refuses what a GPU refuses: operations with tensors of the CPU."""

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        for value in pytree.tree_leaves((args, kwargs)):
            if isinstance(value, torch.Tensor) and value.dim():
                assert value.device.type == "meta", function
        return function(*args, **(kwargs or {}))


@pytest.mark.usefixtures("meta_device")
@pytest.mark.parametrize(
    "method", train_step.Options.__annotations__["method"].__args__
)
def test_a_step_has_all_of_its_tensors_on_the_device(method):
    functions, parameters = worker.pytorch_side(options(method))
    with OneDevice():
        for function in functions.values():
            function()
    assert min(parameters.values()) > 1e6


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("g++"), reason="it compiles C++")
@pytest.mark.filterwarnings("ignore:The .grad attribute")
@pytest.mark.parametrize("make", [cyclegan, stargan])
def test_compiled_gradients_are_the_same(make):
    model, batch = make()
    compiled = copy.deepcopy(model)
    worker.replace_passes(compiled, torch.compile)
    for each in (model, compiled):
        torch.manual_seed(0)
        each.train_step(*batch)
    for player in ("generator", "discriminator"):
        ours, theirs = (
            torch.cat(
                [value.grad.flatten() for value in each.parameters(player)]
            )
            for each in (model, compiled)
        )
        assert ours.norm() > 0.1
        # 2e-6 is usual: float32 sums in another order.
        assert (theirs - ours).norm() < 1e-4 * ours.norm()
