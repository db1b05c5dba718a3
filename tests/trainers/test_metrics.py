"""`tfmask metrics`: numbers of known features, the report, bad input."""

import hashlib
import json

import numpy as np
import pytest
from inception_toys import saved_model
from PIL import Image

from tfmask.metrics import (
    frechet_distance,
    inception_score,
    kernel_distance,
    kernel_distance_of_subsets,
    softmax,
    source_target_kernel_distance,
)
from trainers import metrics

KID = {"subsets": 7, "size": 6, "seed": 3}
SMALL = [
    "--kid-subsets", "7", "--kid-size", "6", "--seed", "3",
    "--draws", "4", "--draw-size", "5", "--splits", "3",
]  # fmt: skip


def write_images(folder, count, seed, *, side=16, suffix="png"):
    """Images of one colour each; returns the toy network's features."""
    folder.mkdir()
    colours = np.random.default_rng(seed).integers(0, 256, (count, 3), "uint8")
    for number, colour in enumerate(colours):
        pixels = np.broadcast_to(colour, (side, side, 3))
        Image.fromarray(pixels).save(folder / f"{number}.{suffix}")
    return colours[:, :2] / 127.5 - 1.0


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    return saved_model(tmp_path_factory.mktemp("weights") / "model")


@pytest.fixture
def run(tmp_path):
    """Runs the command; the result is its exit code and the report."""

    def command(*options, defaults=SMALL):
        file = tmp_path / "numbers.json"
        fixed = ["--json", str(file), "--overwrite"]
        code = metrics.main([*map(str, options), *defaults, *fixed])
        return code, json.loads(file.read_text()) if code == 0 else None

    return command


@pytest.fixture
def folders(tmp_path):
    """(options of three folders, dict of their features)."""
    counts = {"real": 8, "fake": 9, "source": 7}
    options, features = [], {}
    for seed, (name, count) in enumerate(counts.items()):
        features[name] = write_images(tmp_path / name, count, seed)
        options += [f"--{name}", tmp_path / name]
    return options, features


def test_numbers_are_those_of_the_features(run, folders, weights, capsys):
    options, known = folders
    network = ["--features", "inception", "--weights", weights]
    code, report = run(*options, *network)
    assert code == 0
    for row, name in (("fake", "fake"), ("identity", "source")):
        own, pair = report["rows"][row], (known[name], known["real"])
        values = kernel_distance_of_subsets(*pair, **KID)
        parts = source_target_kernel_distance(
            *pair, known["source"], draws=4, size=5, seed=3
        )
        score = inception_score(softmax(3 * known[name]), splits=3)
        expected = {
            "kid": values.mean(),
            "kid_std": values.std(),
            "kid_all": kernel_distance(*pair),
            "kid_average": parts.average.mean(),
            "kid_target": parts.target.mean(),
            "kid_source_std": parts.source.std(),
            "fid": frechet_distance(*pair),
            "inception_score": score.score,
            "mean_kl": score.mean_kl,
        }
        for number, value in expected.items():
            assert own[number] == pytest.approx(value, rel=1e-2, abs=3e-3), (
                row,
                number,
            )
    assert report["counts"] == {"real": 8, "fake": 9, "source": 7}
    assert report["settings"]["kid"] == KID
    assert report["features"]["weights"] == str(weights)
    assert len(report["features"]["sha256"]) == 64
    assert report["sets"]["fake"]["sizes"] == {"16x16": 9}
    assert report["sets"]["fake"]["formats"] == {"png": 9}
    assert "numpy" in report["versions"]
    said = " ".join(capsys.readouterr().out.split())
    for text in (
        "The counts differ (real 8, fake 9, source 7)",
        "kid average std",
        report["features"]["sha256"],
        "no antialiasing",
    ):
        assert text in said
    # The batch size is not in the numbers.
    assert (
        run(*options, *network, "--batch-size", 4)[1]["rows"]
        == (report["rows"])
    )


def test_features_of_real_images_are_kept(
    run, folders, weights, tmp_path, capsys
):
    options, _ = folders
    cache = tmp_path / "cache"
    network = ["--features", "inception", "--weights", weights]
    plain = run(*options, *network)[1]
    options = [*options, *network, "--features-cache", cache]
    assert run(*options)[1]["rows"] == plain["rows"]
    real, source = sorted(cache.iterdir())
    assert real.name.startswith("real-") and source.name.startswith("source-")
    # Marks what is read from the file: 1 is far from the toy's features.
    np.savez(real, **{**np.load(real), "features": np.ones((8, 2))})
    again = run(*options)[1]
    assert again["rows"]["fake"]["fid"] != plain["rows"]["fake"]["fid"]
    assert again["sets"] == plain["sets"]
    # Another size and other images are other features.
    run(*options, "--image-size", 8)
    assert len(list(cache.iterdir())) == 4
    Image.new("RGB", (16, 16)).save(tmp_path / "real" / "0.png")
    run(*options)
    assert len(list(cache.iterdir())) == 5
    source.write_bytes(b"torn")
    assert run(*options)[0] == 1
    assert f"`{source}` is not a readable" in capsys.readouterr().err


def test_what_spoils_numbers_is_said(run, tmp_path, weights):
    write_images(tmp_path / "real", 6, 0)
    write_images(tmp_path / "fake", 6, 1, side=24, suffix="jpg")
    Image.new("L", (24, 24), 77).save(tmp_path / "fake" / "grey.png")
    (tmp_path / "fake" / "notes.txt").write_text("none of the images")
    options = ["--real", tmp_path / "real", "--fake", tmp_path / "fake"]
    options += ["--features", "inception", "--weights", weights]
    _, report = run(*options)
    notes = " ".join(report["notes"])
    assert "Image sizes differ (real 16x16, fake 24x24)" in notes
    assert "6 images of `fake` are JPEG" in notes
    assert "1 of 7 images of `fake` have three equal channels" in notes
    assert report["sets"]["fake"]["not_read"] == 1
    assert "identity" not in report["rows"]
    _, report = run(*options, "--image-size", 8)
    assert report["image_size"] == 8


def write_npz(path, **arrays):
    np.savez(path, **arrays)
    return path


def features(count, width=4, seed=0):
    return np.random.default_rng(seed).normal(size=(count, width))


def test_features_of_other_tools_need_no_tensorflow(run, tmp_path, monkeypatch):
    monkeypatch.setattr(metrics, "load_tensorflow", lambda: 1 / 0)
    real, fake = features(8), 0.5 + features(9, seed=1)
    path = write_npz(tmp_path / "real.npz", features=real)
    options = ["--fake", write_npz(tmp_path / "fake.npz", features=fake)]
    code, report = run("--real", path, *options)
    assert code == 0 and report["features"] is None
    row = report["rows"]["fake"]
    assert row["kid_all"] == pytest.approx(kernel_distance(fake, real))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert report["sets"]["real"]["sha256"] == digest
    assert "`logits`" in " ".join(report["notes"])
    # Mean and covariance are enough for FID.
    moments = {"mu": real.mean(0), "sigma": np.cov(real, rowvar=False)}
    path = write_npz(tmp_path / "moments.npz", **moments)
    _, report = run("--real", path, *options)
    assert set(report["rows"]["fake"]) == {"fid"}
    assert report["rows"]["fake"]["fid"] == pytest.approx(row["fid"], rel=1e-9)
    assert "KID needs features" in " ".join(report["notes"])


def test_all_images_of_the_smaller_set_are_a_subset(run, tmp_path):
    options = [
        part
        for name, count in (("real", 12), ("fake", 11))
        for part in (
            f"--{name}",
            write_npz(tmp_path / f"{name}.npz", features=features(count)),
        )
    ]
    _, report = run(*options, defaults=[])
    assert report["settings"]["kid"] == {
        "subsets": 100, "size": 11, "seed": 2020,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({}, "must hold `features`, or `mu` and `sigma`. Got: nothing"),
        ({"x": [1.0], "y": [2.0]}, "Got: x, y"),
        ({"features": np.zeros((1, 4))}, "2 rows or more. Got: 1"),
        ({"features": np.full((7, 4), np.nan)}, "NaN or infinity in 7 of 7"),
        ({"features": np.zeros((7, 3))}, "`real` 4, `fake` 3"),
        ({"features": np.zeros((5, 4))}, "`--kid-size 6` needs 6 images"),
        (
            {"features": np.zeros((7, 4)), "logits": np.zeros((6, 2))},
            "`logits` must have 7 rows",
        ),
        (
            {"features": features(8), "logits": np.full((8, 2), np.inf)},
            "`logits` must be finite",
        ),
        ({"mu": np.zeros(4), "sigma": np.zeros((4, 3))}, "`sigma` (D, D)"),
        ({"mu": np.full(4, np.inf), "sigma": np.eye(4)}, "must be finite"),
    ],
)
def test_wrong_feature_files_are_named(run, tmp_path, arrays, message, capsys):
    real = write_npz(tmp_path / "real.npz", features=features(8))
    fake = write_npz(tmp_path / "fake.npz", **arrays)
    assert run("--real", real, "--fake", fake)[0] == 1
    said = capsys.readouterr().err
    assert message in said and "Traceback" not in said
    assert "fake" in said


def test_parts_that_are_too_large_name_their_option(run, tmp_path, capsys):
    arrays = {"features": features(7), "logits": features(7)}
    files = [
        part
        for name in ("real", "fake", "source")
        for part in (f"--{name}", write_npz(tmp_path / f"{name}.npz", **arrays))
    ]
    assert run(*files, defaults=[])[0] == 1
    assert "`--draw-size 50` needs 50 images" in capsys.readouterr().err
    assert run(*files[:4], defaults=[])[0] == 1
    assert "`--splits 10` needs 10 images" in capsys.readouterr().err


def test_wrong_folders_and_files_are_named(run, tmp_path, capsys, weights):
    write_images(tmp_path / "real", 6, 0)
    write_images(tmp_path / "one", 1, 0)
    (tmp_path / "empty").mkdir()
    write_images(tmp_path / "bad", 3, 0)
    (tmp_path / "bad" / "x.png").write_text("no image")
    (tmp_path / "text.npz").write_text("no archive")
    network = ["--features", "inception", "--weights", weights]
    real = ["--real", tmp_path / "real"]
    for fake, message in (
        ("one", "must hold 2 images or more. Got: 1"),
        ("empty", "Expected images"),
        ("gone", "not there"),
        ("bad", "x.png: is damaged"),
        ("text.npz", "is not a readable .npz file"),
        ("gone.npz", "is not there"),
    ):
        assert run(*real, "--fake", tmp_path / fake, *network)[0] == 1
        said = capsys.readouterr().err
        assert message in said and fake in said and "Traceback" not in said
    assert run(*real, "--fake", tmp_path / "real")[0] == 1
    assert "Say which network" in capsys.readouterr().err
    code, report = run(
        *real,
        "--fake",
        tmp_path / "bad",
        *network,
        "--skip-bad-files",
        defaults=["--splits", "2"],
    )
    assert code == 0 and report["counts"]["fake"] == 3
    assert "x.png" in report["sets"]["fake"]["skipped"][0][0]


def test_a_network_that_gives_nan_is_named(
    run, tmp_path, capsys, weights, monkeypatch
):
    from tfmask.evaluation import inception

    broken = inception.open_inception(weights)._replace(
        run=lambda images: {
            "features": inception.tf.fill([len(images), 2], float("nan"))
        }
    )
    monkeypatch.setattr(inception, "open_inception", lambda _: broken)
    write_images(tmp_path / "real", 6, 0)
    options = [f"--{name}={tmp_path / 'real'}" for name in ("real", "fake")]
    network = ["--features", "inception", "--weights", weights]
    assert run(*options, *network)[0] == 1
    said = capsys.readouterr().err
    assert "NaN or infinity as `features`" in said and str(weights) in said


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--kid-size", "1"], "`kid_size` must be 2 or more. Got: 1"),
        (["--features", "inception"], "`--features classifier` need"),
        (["--weights", "w.h5"], "`--features classifier` need"),
        (["--features", "vgg"], "random-inception"),
    ],
)
def test_wrong_options_are_refused(options, message, capsys):
    with pytest.raises(SystemExit):
        metrics.main(
            ["--real", "a", "--fake", "b", "--json", "c.json", *options]
        )
    assert message in " ".join(capsys.readouterr().err.split())


def test_masks_beside_images_are_no_images(run, tmp_path, weights, capsys):
    for seed, name in enumerate(("real", "fake")):
        write_images(tmp_path / name, 6, seed)
    for number in range(3):
        end = f"{number}_mask.png"
        Image.new("L", (16, 16)).save(tmp_path / "fake" / end)
    options = ["--real", tmp_path / "real", "--fake", tmp_path / "fake"]
    options += ["--features", "inception", "--weights", weights]
    _, report = run(*options)
    assert report["counts"] == {"real": 6, "fake": 6}
    assert report["sets"]["fake"]["masks_left_out"] == 3
    written = capsys.readouterr()
    assert f"--fake {tmp_path / 'fake'}: 3 masks beside" in written.err
    assert "images: real 6, fake 6" in written.out


def test_names_that_are_not_utf_8(run, tmp_path, weights):
    for seed, name in enumerate(("real", "fake")):
        write_images(tmp_path / name, 6, seed)
        (tmp_path / name / "0.png").rename(tmp_path / name / "b\udce4r.png")
    (tmp_path / "fake" / "b\udce4d.png").write_text("no image")
    options = ["--real", tmp_path / "real", "--fake", tmp_path / "fake"]
    options += ["--features", "inception", "--weights", weights]
    _, report = run(*options, "--skip-bad-files")
    assert report["counts"] == {"real": 6, "fake": 6}
    ((file, _),) = report["sets"]["fake"]["skipped"]
    assert file == str(tmp_path / "fake" / "b\udce4d.png")


def test_a_link_to_nowhere_is_a_bad_file(run, tmp_path, weights, capsys):
    for seed, name in enumerate(("real", "fake")):
        write_images(tmp_path / name, 6, seed)
    (tmp_path / "fake" / "gone.png").symlink_to("moved.png")
    options = ["--real", tmp_path / "real", "--fake", tmp_path / "fake"]
    options += ["--features", "inception", "--weights", weights]
    assert run(*options)[0] == 1
    assert "gone.png: is a link to moved.png" in capsys.readouterr().err
    _, report = run(*options, "--skip-bad-files")
    assert report["counts"]["fake"] == 6
    assert len(report["sets"]["fake"]["skipped"]) == 1
