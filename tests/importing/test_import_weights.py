"""Checkpoints of the authors' code become runs that translate alike."""

import contextlib

import numpy as np
import pytest
from exports import ask, published, served
from official_states import (
    attention_generator,
    cut_generator,
    cyclegan_generator,
    instance_discriminator,
    instance_generator,
    lomit_discriminator,
    lomit_generator,
    munit_discriminator,
    munit_generator,
    patch_discriminator,
    pix2pix_generator,
    several,
    stargan_discriminator,
    stargan_generator,
    ugatit_discriminator,
    ugatit_generator,
)
from safetensors.numpy import save_file

from serving.client import Client
from serving.conformance.processes import running_server
from tfmask.export.signatures import export_method
from tfmask.importing.layouts import UNUSED
from tfmask.importing.originals import both_outputs
from tfmask.importing.run import config_for, find_networks, import_weights
from tfmask.ops.errors import UserError
from tfmask.training.run_folder import load_run
from trainers import import_weights as command

JUDGES = {
    f"dis{kind}{domain}": ugatit_discriminator(n_layers=layers)
    for kind, layers in (("G", 6), ("L", 5))
    for domain in "AB"
}
OFFICIAL = {
    "cyclegan": {
        "latest_net_G_A": cyclegan_generator(),
        "latest_net_G_B": cyclegan_generator(),
        "latest_net_D_A": patch_discriminator(),
        "latest_net_D_B": patch_discriminator(),
    },
    "pix2pix": {
        "latest_net_G": pix2pix_generator(),
        "latest_net_D": patch_discriminator(channels=6, batch=True),
    },
    "cut": {"latest_net_G": cut_generator()},
    "attention_gan": {
        "latest_net_G_A": attention_generator(),
        "latest_net_G_B": attention_generator(),
        "latest_net_D_A": patch_discriminator(),
        "latest_net_D_B": patch_discriminator(),
    },
    "instagan": {
        "latest_net_G_A": instance_generator(),
        "latest_net_G_B": instance_generator(),
        "latest_net_D_A": instance_discriminator(),
        "latest_net_D_B": instance_discriminator(),
    },
    "stargan": {
        "9000-G": {"older": np.zeros(1, "float32")},
        "10000-G": stargan_generator(),
        "10000-D": stargan_discriminator(),
    },
    "lomit": {
        "G_exemplar_orig_S,H_ver3": lomit_generator(),
        "D_exemplar_orig_S,H_ver3": lomit_discriminator(),
    },
    "munit": {
        "gen_00100000": several(a=munit_generator(), b=munit_generator()),
        "dis_00100000": several(
            a=munit_discriminator(), b=munit_discriminator()
        ),
    },
    "ugatit": {
        "cats2dogs_params_latest": several(
            genA2B=ugatit_generator(),
            genB2A=ugatit_generator(),
            **JUDGES,
        ),
    },
}
MISSING = {"cut": ["projection", "discriminator"]}
SIDE = 64


def write(folder, states):
    folder.mkdir(exist_ok=True)
    for name, state in states.items():
        save_file(state, folder / f"{name}.safetensors")
    return folder


def imported(name, folder, run):
    networks = find_networks(name, folder)
    config = config_for(name, networks, image_size=SIDE)
    return networks, *import_weights(config, networks, run, ["tfmask"])


@pytest.mark.medium
@pytest.mark.parametrize("name", OFFICIAL)
def test_every_weight_has_its_place(name, tmp_path):
    folder = write(tmp_path / "theirs", OFFICIAL[name])
    networks, _, missing = imported(name, folder, tmp_path / "run")
    _, method = load_run(tmp_path / "run")
    for file in networks:
        ours = {
            path: variable.numpy()
            for path, variable in file.variables(method).items()
            if "moving" not in path
        }
        # As many numbers, and each of them once.
        theirs = [
            array
            for key, array in file.state.items()
            # LOMIT's code has its two heads twice.
            if not UNUSED.search(key) and "s_encoder.background" not in key
        ]
        assert sum(a.size for a in theirs) == sum(a.size for a in ours.values())
        np.testing.assert_array_equal(
            np.sort(np.concatenate([a.ravel() for a in theirs])),
            np.sort(np.concatenate([a.ravel() for a in ours.values()])),
        )
    assert missing == MISSING.get(name, [])


VARIANTS = {
    "lomit, separate heads": {
        "G_exemplar_x": lomit_generator(tied=False),
        "D_exemplar_x": lomit_discriminator(),
    },
    "ugatit, light": {
        "x_params_0000100": several(
            genA2B=ugatit_generator(light=True), **JUDGES
        )
    },
    "attention_gan, geometric": {
        "latest_net_G_A": attention_generator(geometric=True)
    },
}


@pytest.mark.parametrize("name", [*OFFICIAL, *VARIANTS])
def test_translations_equal_the_original_s(name, tmp_path):
    pytest.importorskip("torch")
    folder = write(tmp_path / "theirs", (OFFICIAL | VARIANTS)[name])
    name = name.partition(",")[0]
    networks, method, _ = imported(name, folder, tmp_path / "run")
    images = np.random.default_rng(0).uniform(-1, 1, (2, SIDE, SIDE, 3))
    images = images.astype("float32")
    ours, theirs = both_outputs(method, networks[0], images)
    assert np.abs(theirs).max() > 0.2 and theirs.std() > 0.01
    np.testing.assert_allclose(ours, theirs, atol=1e-4)


@pytest.mark.medium
def test_what_does_not_fit_is_named(tmp_path):
    def errors(name, states):
        with pytest.raises(UserError) as caught:
            folder = write(tmp_path / "theirs", states)
            imported(name, folder, tmp_path / "run")
        return str(caught.value)

    assert "holds no generator of cyclegan" in errors("cyclegan", {})
    state = cyclegan_generator()
    assert "has blocks 2" in errors(
        "cyclegan",
        {
            "latest_net_G_A": state,
            "latest_net_G_B": cyclegan_generator(blocks=3),
        },
    )
    short = {k: v for k, v in state.items() if k != "model.19.bias"}
    short["model.99.bias"] = np.zeros(3, "float32")
    message = errors(
        "cyclegan", {"latest_net_G_A": short, "latest_net_G_B": short}
    )
    assert "Missing: `model.19.bias`. Surplus: `model.99.bias`" in message
    assert "filters 2, blocks 2" in message
    state["model.1.bias"] = np.zeros(5, "float32")
    message = errors(
        "cyclegan", {"latest_net_G_A": state, "latest_net_G_B": state}
    )
    assert "`model.1.bias` has shape (5,)" in message
    assert "not a ResNet generator" in errors(
        "cyclegan",
        {f"latest_net_{n}": pix2pix_generator() for n in ("G_A", "G_B")},
    )
    assert "a generator of StarGAN's code: there is no `main.9" in errors(
        "stargan", {"7-G": stargan_discriminator()}
    )
    assert "genB2A: This is not a generator of U-GAT-IT's" in errors(
        "ugatit", {"x_params_latest": several(genB2A=munit_generator())}
    )
    state = munit_generator()
    del state["mlp.model.1.fc.bias"]
    assert "Missing: `mlp.model.1.fc.bias`. Surplus: none" in errors(
        "munit", {"gen_00000001": several(a=state)}
    )
    state = lomit_generator()
    del (
        state["mask.co_attn.main.1.fc.bias"],
        state["s_encoder.background.3.bias"],
    )
    state["mask.more.weight"] = np.zeros(2, "float32")
    judge = lomit_discriminator()
    del judge["conv1.conv.bias"]
    message = errors("lomit", {"G_exemplar_x": state, "D_exemplar_x": judge})
    assert "G_exemplar_x.safetensors`: Missing: `s_encoder.backgr" in message
    assert "`mask.co_attn.main.1.fc.bias`. Surplus: `mask.more" in message
    message = errors(
        "lomit", {"G_exemplar_x": lomit_generator(), "D_exemplar_x": judge}
    )
    assert "D_exemplar_x.safetensors`: Missing: `conv1.conv.bias`" in message
    assert not (tmp_path / "run").exists()


def test_files_tell_sizes_and_options_names(tmp_path):
    folder = write(tmp_path / "theirs", OFFICIAL["stargan"])
    networks = find_networks("stargan", folder)
    config = config_for("stargan", networks)
    assert config.data.image_size == SIDE
    assert config.method.attributes == tuple(f"attribute_{n}" for n in range(3))
    names = ("Smiling", "Male", "Young")
    config = config_for("stargan", networks, attributes=names)
    assert config.method.attributes == names
    with pytest.raises(UserError, match="takes 3 attributes. Got: 1 names, X"):
        config_for("stargan", networks, attributes=("X",))
    folder = write(tmp_path / "other", OFFICIAL["ugatit"])
    config = config_for("ugatit", find_networks("ugatit", folder))
    assert config.data.image_size == SIDE and config.method.blocks == 2
    folder = write(tmp_path / "third", OFFICIAL["munit"])
    assert find_networks("munit", folder, "100000")
    with pytest.raises(UserError, match="gen_EPOCH.pt.*with 7 as EPOCH"):
        find_networks("munit", folder, "7")


def test_lomit_has_one_file_of_all_that_translates(tmp_path):
    states = {"G_exemplar_S,H": lomit_generator(tied=False)}
    folder = write(tmp_path / "theirs", states)
    networks = find_networks("lomit", folder)
    with pytest.raises(UserError, match="has no discriminator.*--attributes"):
        config_for("lomit", networks)
    config = config_for("lomit", networks, attributes=("Smiling", "Male"))
    assert config.method.attributes == ("Smiling", "Male")
    assert not config.method.tie_style_heads
    write(folder, {"G_exemplar_other": lomit_generator()})
    with pytest.raises(UserError, match="no generator of lomit.*with latest"):
        find_networks("lomit", folder)
    config = config_for(
        "lomit", find_networks("lomit", folder, "other"), attributes=("Male",)
    ).method
    assert config.tie_style_heads and config.mask_norm == "instance"
    assert config.adain_deviation == "rows" and config.style_hidden == 8


@pytest.mark.slow
def test_an_export_of_lomit_s_weights_answers_as_the_run(
    tmp_path, tmp_path_factory
):
    states = {**OFFICIAL["lomit"]}
    states["G_exemplar_orig_S,H_ver3"] = lomit_generator(depth=1)
    theirs = write(tmp_path / "theirs", states)
    imported("lomit", theirs, tmp_path / "run")
    _, method = load_run(tmp_path / "run")
    _, version = published(method, tmp_path_factory)
    random = np.random.default_rng(1)
    image, exemplar = random.integers(0, 256, (2, 2, 32, 48, 3), "uint8")
    with contextlib.contextmanager(served)(version) as servable:
        got = ask(servable, "a_to_b", image=image, exemplar=exemplar)
    ours = method.translate(
        {"image": image / 127.5 - 1.0, "exemplar": exemplar / 127.5 - 1.0}
    )
    expected = (np.asarray(ours["image"]) + 1.0) * 127.5
    assert np.ptp(expected) > 50
    assert np.abs(got["image"] - expected).max() <= 1.0
    for name in ("mask", "exemplar_mask"):
        assert np.abs(got[name] - 255.0 * ours[name]).max() <= 1.0


@pytest.mark.slow
def test_a_generator_is_imported_served_and_answers(tmp_path, capsys):
    theirs = write(tmp_path / "theirs", {"latest_net_G": cyclegan_generator()})
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
