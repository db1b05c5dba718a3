"""`tfmask classifier`: what it learns, leaves, refuses; features and judge."""

import json

import keras
import numpy as np
import pytest
from attribute_parts import NAMES, Parts
from fake_runs import BrightMethod, fake_run
from PIL import Image
from precisions import policy

from tfmask.evaluation import (
    classifier_files,
    classifier_recipes,
    classifier_training,
)
from tfmask.evaluation.classifier_networks import (
    AntialiasedResizing,
    classifier_network,
)
from tfmask.evaluation.trained_classifier import (
    classifier_features,
    load_classifier,
)
from tfmask.metrics import softmax
from tfmask.ops.errors import UserError
from trainers import classifier, metrics
from trainers import evaluate as evaluate_command

SMALL = ["--image-size", "16", "--batch-size", "8", "--steps", "25"]


def run(data, out, *options, defaults=SMALL):
    """Exit code of the command."""
    line = ["--data", data, "--out", out, *defaults, *options]
    return classifier.main(list(map(str, line)))


def write_domains(folder, domains="ab", side=20):
    """a is dark and b is bright, but for a pattern that both have."""
    rng = np.random.default_rng(0)
    for split, count in (("train", 8), ("test", 5)):
        for domain in domains:
            into = folder / f"{split}{domain.upper()}"
            into.mkdir(parents=True)
            for number in range(count):
                pixels = rng.integers(0, 100, (side, side, 3), np.uint8)
                pixels += np.uint8(150 if domain == "b" else 0)
                Image.fromarray(pixels).save(into / f"{number}.png")
    return folder


def write_attributes(folder, blue=None):
    """The images of `Parts`, as a folder with a list."""
    (folder / "images").mkdir(parents=True)
    rows, parts = [f"file,{','.join(NAMES)}"], []
    for split, count, number in (("train", 24, 0), ("test", 8, 2)):
        source = Parts(count, NAMES, number)
        for name, on in zip(source.names, source.attributes, strict=True):
            file = f"{split}{name}.png"
            pixels = source.load(int(name), None)["image"].numpy()
            Image.fromarray(pixels).save(folder / "images" / file)
            values = [int(value) for value in on]
            values[2] = values[2] if blue is None else blue
            rows.append(",".join(map(str, [file, *values])))
            parts.append(f"{file} {number}")
    (folder / "attributes.csv").write_text("\n".join(rows))
    (folder / "list_eval_partition.txt").write_text("\n".join(parts))
    return folder


@pytest.fixture(scope="module")
def domains(tmp_path_factory):
    """(data, folder of a classifier) of two domains."""
    root = tmp_path_factory.mktemp("domains")
    data = write_domains(root / "data")
    assert run(data, root / "out") == 0
    return data, root / "out"


@pytest.fixture(scope="module")
def attributes(tmp_path_factory):
    """Folder of a classifier of the attributes blue and red."""
    root = tmp_path_factory.mktemp("attributes")
    data = write_attributes(root / "data")
    options = ["--attributes", "blue", "red", "--steps", "60"]
    assert run(data, root / "out", *options) == 0
    return root / "out"


def pixels_of(data, folder):
    files = sorted((data / folder).iterdir())
    return np.stack([np.asarray(Image.open(file)) for file in files])


@pytest.mark.medium
def test_it_tells_domains_apart(domains):
    data, out = domains
    assert sorted(p.name for p in out.iterdir()) == [
        "about.json",
        "classifier.keras",
    ]
    assert not list(out.parent.glob(".*"))
    about = json.loads((out / "about.json").read_text())
    assert about["tells"] == "domains" and about["labels"] == ["b"]
    right = {"accuracy": 1.0, "majority": 0.5}
    assert about["test"] == {"images": 10, "labels": {"b": right}}
    assert about["steps"] == 25 and about["image_size"] == [16, 16]
    assert about["initial_weights"] == "random"
    assert about["data"]["fingerprint"] and about["versions"]["keras"]
    # The file alone takes pixels of any size, as integers or floats.
    network = keras.models.load_model(str(out / "classifier.keras"))
    for domain, sign in (("A", -1), ("B", 1)):
        pixels = pixels_of(data, f"test{domain}")
        for images in (pixels, pixels[:, :17, :18].astype("float32")):
            assert (np.sign(network.predict(images, verbose=0)) == sign).all()


@pytest.mark.medium
def test_it_learns_the_chosen_attributes(attributes):
    about = json.loads((attributes / "about.json").read_text())
    assert about["labels"] == ["blue", "red"]
    assert about["test"]["images"] == 8
    right = {"accuracy": 1.0, "majority": 0.5}
    assert about["test"]["labels"] == dict.fromkeys(["blue", "red"], right)


def test_the_networks_are_as_large_as_they_should():
    # Kernels and biases, four numbers a normalised channel, and the head.
    kernels = 3 * 9 * 16 + 16 * 9 * 32 + 32 * 9 * 64 + 64 * 9 * 64
    channels = 16 + 32 + 64 + 64
    network = classifier_network("small", 3, 64)
    assert network.count_params() == (
        kernels + 5 * channels + 3 * (4 * 4 * 64 + 1)
    )
    resizing = AntialiasedResizing((2, 3))
    ramp = np.arange(12, dtype=np.uint8).reshape((1, 2, 6, 1))
    np.testing.assert_array_equal(
        AntialiasedResizing.from_config(resizing.get_config())(ramp[:, :, :3]),
        ramp[:, :, :3],
    )
    assert resizing(ramp).shape == (1, 2, 3, 1)


def test_half_a_batch_is_of_each_domain(domains):
    options = classifier.Options(
        data=str(domains[0]), out=domains[1], image_size=16
    )
    data, tells, labels = classifier_recipes.open_labelled(options)
    assert (tells, labels) == ("domains", ("b",))
    batches = classifier_training.training_batches(data, tells, 6, seed=0)
    ((pixels, is_b),) = batches.take(1).as_numpy_iterator()
    np.testing.assert_array_equal(is_b, [[0]] * 3 + [[1]] * 3)
    assert (pixels == np.round(pixels)).all()
    np.testing.assert_array_equal(pixels.mean((1, 2, 3)) > 125, is_b[:, 0] > 0)


def test_a_file_that_cannot_be_written_leaves_nothing(tmp_path):
    class Broken:
        def save(self, path):
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError):
        classifier_files.write_classifier(tmp_path / "out", Broken(), {})
    assert list(tmp_path.iterdir()) == []


def test_an_old_folder_is_left_alone(domains, capsys):
    data, out = domains
    before = (out / "about.json").read_bytes()
    assert run(data, out) == 1
    assert "exists and is not empty" in capsys.readouterr().err
    assert (out / "about.json").read_bytes() == before


@pytest.mark.parametrize(
    ("make", "options", "message"),
    [
        (lambda d: write_domains(d, "a"), [], "trainB"),
        (write_attributes, [], "No attribute is selected"),
        (write_attributes, ["--attributes", "gren"], "Did you mean: green"),
        (
            lambda d: write_attributes(d, blue=1),
            ["--attributes", "blue"],
            "`blue` is 1 in all 24",
        ),
        (write_domains, ["--attributes", "red"], "has no attributes"),
    ],
)
def test_data_that_cannot_be_learnt(make, options, message, tmp_path, capsys):
    assert run(make(tmp_path / "data"), tmp_path / "out", *options) == 1
    said = capsys.readouterr().err
    assert message in said and "Traceback" not in said
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--steps", "0"], "`steps` of small must be 1 or more. Got: 0"),
        (["--batch-size", "3"], "`batch_size` must be even and 2 or more"),
        (["--network", "inception", "--image-size", "74"], "75 or more"),
        (["--weights", "w.h5"], "they need `--network inception`"),
        (["--learning-rate", "0"], "`learning_rate` must be above 0"),
    ],
)
def test_wrong_options(options, message, capsys):
    with pytest.raises(SystemExit):
        run("x", "y", *options, defaults=[])
    assert message in " ".join(capsys.readouterr().err.split())


def spoiled(folder, tmp_path, **facts):
    """A copy of a classifier with other facts."""
    copy = tmp_path / "copy"
    copy.mkdir()
    about = json.loads((folder / "about.json").read_text())
    (copy / "about.json").write_text(json.dumps({**about, **facts}))
    (copy / "classifier.keras").write_bytes(
        (folder / "classifier.keras").read_bytes()
    )
    return copy


def test_folders_that_are_no_classifier(domains, tmp_path):
    _, out = domains
    with pytest.raises(UserError, match="is not a classifier: it has no about"):
        load_classifier(tmp_path)
    (tmp_path / "about.json").write_text("{")
    with pytest.raises(UserError, match="about.json` is damaged"):
        load_classifier(tmp_path)
    (tmp_path / "about.json").write_text('{"format": "model-card"}')
    with pytest.raises(UserError, match="must be of `tfmask classifier`.*card"):
        load_classifier(tmp_path)
    copy = spoiled(out, tmp_path)
    (copy / "classifier.keras").write_text("broken")
    with pytest.raises(UserError, match="expected the SHA-256"):
        load_classifier(copy)
    (copy / "classifier.keras").unlink()
    with pytest.raises(UserError, match="has no classifier.keras"):
        load_classifier(copy)


def test_a_file_of_another_keras(domains, tmp_path):
    copy = spoiled(domains[1], tmp_path, versions={"keras": "1.2.2"})
    message = rf"made with Keras 1.2.2 .* Keras {keras.__version__}"
    with pytest.raises(UserError, match=message):
        load_classifier(copy)


def test_a_judge_stays_in_float32(domains):
    data, out = domains
    images = pixels_of(data, "testA").astype("float32")
    dtypes = []
    for precision in ("float32", "mixed_bfloat16"):
        with policy(precision):
            network = classifier_files.read_network(
                out, classifier_files.read_about(out)
            )
            dtypes.append(network(images, training=False).numpy())
    assert dtypes[1].dtype == np.float32
    np.testing.assert_allclose(*dtypes, rtol=1e-6)


@pytest.mark.medium
def test_features_are_what_the_head_sees(domains, attributes):
    data, out = domains
    opened = classifier_features(out)
    pixels = pixels_of(data, "testB")
    resized = np.stack([opened.resize(image).numpy() for image in pixels])
    assert resized.shape == (5, 16, 16, 3)
    outputs = opened.run(resized)
    network = keras.models.load_model(str(out / "classifier.keras"))
    logits = network.predict(pixels, verbose=0)
    kernel, bias = network.layers[-1].get_weights()
    features = np.asarray(outputs["features"])
    assert features.shape == (5, 64)  # 16 px: one place is left
    np.testing.assert_allclose(features @ kernel + bias, logits, atol=1e-4)
    # Softmax of 0 and z is the sigmoid of z: two classes, as for IS.
    np.testing.assert_allclose(
        softmax(np.asarray(outputs["logits"], float))[:, 1:],
        1 / (1 + np.exp(-logits.astype(float))),
        atol=1e-5,
    )
    about = opened.about
    assert about["sha256"] in about["warning"] and str(data) in about["warning"]
    many = classifier_features(attributes)
    assert set(many.run(resized)) == {"features"}
    assert "blue, red" in many.about["network"]


def test_metrics_by_a_classifier(domains, tmp_path, capsys):
    data, out = domains
    options = ["--real", data / "testB", "--fake", data / "testA"]
    options += ["--features", "classifier", "--kid-size", "4", "--splits", "1"]
    file = tmp_path / "numbers.json"
    line = [*options, "--weights", out, "--json", file]
    assert metrics.main(list(map(str, line))) == 0
    report = json.loads(file.read_text())
    row = report["rows"]["fake"]
    assert row["kid"] > 5 * row["kid_std"]
    assert 0.99 < row["inception_score"] < 1.5  # all of one class
    assert "FEATURES OF A CLASSIFIER" in report["notes"][0]
    line = [*options, "--weights", tmp_path, "--json", tmp_path / "b.json"]
    assert metrics.main(list(map(str, line))) == 1
    assert "is not a classifier" in capsys.readouterr().err


def test_the_evaluation_takes_a_folder(domains, attributes, tmp_path, capsys):
    data, out = domains
    load_run = fake_run(BrightMethod())
    file = tmp_path / "numbers.json"
    line = ["--run", tmp_path, "--data", data, "--json", file, "--overwrite"]
    line = list(map(str, [*line, "--classifier"]))
    assert evaluate_command.main([*line, str(out)], load_run=load_run) == 0
    result = json.loads(file.read_text())
    rows = result["directions"]["a_to_b"]
    assert rows["identity"]["classified_as_target"] == 0.0
    assert "classified as target" in capsys.readouterr().out
    judge = result["judge"]
    assert judge["location"] == str(out) and judge["network"] == "small"
    assert judge["test"]["labels"]["b"]["accuracy"] == 1.0
    assert judge["trained_on"]["location"] == str(data)
    assert (
        evaluate_command.main([*line, str(attributes)], load_run=load_run) == 1
    )
    said = capsys.readouterr().err
    assert "must tell domain b from domain a" in said and "blue, red" in said
