"""Checkpoints of the authors' code become runs that translate alike."""

import numpy as np
import pytest
from official_states import (
    cut_generator,
    cyclegan_generator,
    patch_discriminator,
    pix2pix_generator,
)
from safetensors.numpy import save_file

from serving.client import Client
from serving.conformance.processes import running_server
from tfmask.export.signatures import export_method
from tfmask.importing.originals import original_output
from tfmask.importing.run import config_for, find_networks, import_weights
from tfmask.ops.errors import UserError
from tfmask.ops.variable_paths import variable_paths
from tfmask.training.run_folder import load_run
from trainers import import_weights as command

OFFICIAL = {
    "cyclegan": {
        "G_A": cyclegan_generator(),
        "G_B": cyclegan_generator(),
        "D_A": patch_discriminator(),
        "D_B": patch_discriminator(),
    },
    "pix2pix": {
        "G": pix2pix_generator(),
        "D": patch_discriminator(channels=6, batch=True),
    },
    "cut": {"G": cut_generator()},
}
SIDE = 64


def write(folder, states):
    folder.mkdir(exist_ok=True)
    for name, state in states.items():
        save_file(state, folder / f"latest_net_{name}.safetensors")
    return folder


def imported(name, folder, run):
    networks = find_networks(name, folder)
    config = config_for(name, networks, SIDE, "")
    return networks, *import_weights(config, networks, run, ["tfmask"])


def generator_of(method, networks):
    network = networks[0].network
    return method.networks[network]


@pytest.mark.parametrize("name", OFFICIAL)
def test_every_weight_has_its_place(name, tmp_path):
    folder = write(tmp_path / "theirs", OFFICIAL[name])
    networks, _, missing = imported(name, folder, tmp_path / "run")
    _, method = load_run(tmp_path / "run")
    for file in networks:
        ours = {
            path: variable.numpy()
            for path, variable in variable_paths(
                method.networks[file.network]
            ).items()
            if "moving" not in path
        }
        # As many numbers, and each of them once.
        theirs = [
            array
            for key, array in file.state.items()
            if not key.endswith(("filt", "running_mean", "running_var"))
        ]
        assert sum(a.size for a in theirs) == sum(a.size for a in ours.values())
        np.testing.assert_array_equal(
            np.sort(np.concatenate([a.ravel() for a in theirs])),
            np.sort(np.concatenate([a.ravel() for a in ours.values()])),
        )
    assert (
        missing
        == {
            "cyclegan": [],
            "pix2pix": [],
            "cut": ["projection", "discriminator"],
        }[name]
    )


@pytest.mark.parametrize("name", OFFICIAL)
def test_translations_equal_the_original_s(name, tmp_path):
    pytest.importorskip("torch")
    folder = write(tmp_path / "theirs", OFFICIAL[name])
    networks, method, _ = imported(name, folder, tmp_path / "run")
    images = np.random.default_rng(0).uniform(-1, 1, (2, SIDE, SIDE, 3))
    images = images.astype("float32")
    ours = generator_of(method, networks)(images).numpy()
    theirs = original_output(networks[0], images)
    assert np.abs(theirs).max() > 0.2
    np.testing.assert_allclose(ours, theirs, atol=1e-4)


def test_what_does_not_fit_is_named(tmp_path):
    def errors(name, states):
        with pytest.raises(UserError) as caught:
            folder = write(tmp_path / "theirs", states)
            imported(name, folder, tmp_path / "run")
        return str(caught.value)

    assert "holds no generator of cyclegan" in errors("cyclegan", {})
    state = cyclegan_generator()
    assert "has blocks 2" in errors(
        "cyclegan", {"G_A": state, "G_B": cyclegan_generator(blocks=3)}
    )
    short = {k: v for k, v in state.items() if k != "model.19.bias"}
    short["model.99.bias"] = np.zeros(3, "float32")
    message = errors("cyclegan", {"G_A": short, "G_B": short})
    assert "Missing: `model.19.bias`. Surplus: `model.99.bias`" in message
    assert "filters 2, blocks 2" in message
    state["model.1.bias"] = np.zeros(5, "float32")
    message = errors("cyclegan", {"G_A": state, "G_B": state})
    assert "`model.1.bias` has shape (5,)" in message
    assert "not a ResNet generator" in errors(
        "cyclegan", {"G_A": pix2pix_generator(), "G_B": pix2pix_generator()}
    )
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_a_generator_is_imported_served_and_answers(tmp_path, capsys):
    theirs = write(tmp_path / "theirs", {"G": OFFICIAL["cyclegan"]["G_A"]})
    run, base = tmp_path / "run", tmp_path / "models"
    assert (
        command.main(
            [
                *("cyclegan", "--weights", str(theirs), "--run", str(run)),
                *("--image-size", str(SIDE)),
            ]
        )
        == 0
    )
    assert "random weights: generator_b_to_a" in capsys.readouterr().out
    _, method = load_run(run)
    export_method(method, base, "toy")
    image = np.random.default_rng(1).integers(0, 256, (SIDE, SIDE, 3), "uint8")
    with (
        running_server("--base", base) as (target, _),
        Client(target, "toy") as client,
    ):
        answer = client.translate(image)
    ours = method.networks["generator_a_to_b"](image[None] / 127.5 - 1.0)[0]
    expected = (np.asarray(ours) + 1.0) * 127.5
    difference = answer.image.astype("float32") - expected
    assert np.abs(difference).max() <= 1.0
    assert answer.mask.shape[:2] == (SIDE, SIDE)
