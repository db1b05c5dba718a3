"""Evaluation: numbers known by hand, all three rows, files and errors."""

import json
import shlex

import numpy as np
import pytest
from fake_runs import ArrayData, BrightMethod, fake_run, measured, squares
from PIL import Image

from tfmask.evaluation.run_evaluation import page_folder
from tfmask.evaluation.tables import table_of
from tfmask.ops.arrays import image_to_uint8, mask_to_uint8
from tfmask.ops.command import parse_options
from tfmask.ops.errors import UserError
from trainers.evaluate import Options, main


def data_of_squares(**kwargs):
    images, regions = squares()
    return ArrayData(
        {"a": images, "b": images[:3]},
        {"a": regions, "b": regions[:3]},
        **kwargs,
    )


def write_folders(root, splits=("train", "test"), masks=True):
    images, regions = squares()
    for split in splits:
        for domain in "AB":
            folder = root / f"{split}{domain}"
            folder.mkdir(parents=True)
            if masks:
                (root / f"{split}{domain}_mask").mkdir()
            for number, (image, region) in enumerate(
                zip(images, regions, strict=True)
            ):
                picture = Image.fromarray(image_to_uint8(image))
                picture.save(folder / f"{number}.png")
                if masks:
                    mask = Image.fromarray(mask_to_uint8(region)[..., 0])
                    mask.save(root / f"{split}{domain}_mask/{number}.png")


def test_numbers_of_a_known_method():
    result = measured(BrightMethod(), data_of_squares())
    assert result["n"] == {"a_to_b": 5, "b_to_a": 3}
    for direction in ("a_to_b", "b_to_a"):
        row = result["directions"][direction]["model"]
        assert row["mask_iou"] == row["mask_iou_best"] == 1.0
        assert row["mask_mae"] == row["background_l1"] == 0.0
        assert row["foreground_l1"] == 1.0  # 0.5 became -0.5
        assert row["background_psnr"] == float("inf")
        assert row["background_exact"] == 1.0
        assert row["background_ssim"] < 1.0
        np.testing.assert_allclose(row["background_ssim_far"], 1.0)
        np.testing.assert_allclose(row["mask_mean"], 36 / 256)
        np.testing.assert_allclose(row["change_l1"], 36 / 256)
        # mse 36/256, range 2
        np.testing.assert_allclose(
            row["change_psnr"], 10 * np.log10(4 * 256 / 36)
        )


def test_the_identity_and_the_mean_mask_stand_beside():
    mean = np.zeros((16, 16), np.float32)
    mean[2:8, 2:8] = 0.6
    result = measured(BrightMethod(), data_of_squares(mean=mean), limit=1)
    rows = result["directions"]["a_to_b"]
    assert result["n"]["a_to_b"] == 1
    identity, floor = rows["identity"], rows["mean_mask"]
    assert identity["mask_iou"] == 0.0 and identity["mask_mean"] == 0.0
    assert identity["background_l1"] == identity["foreground_l1"] == 0.0
    assert identity["background_psnr"] == float("inf")
    assert floor["mask_iou"] == 1.0
    np.testing.assert_allclose(floor["mask_mae"], 0.4 * 36 / 256, rtol=1e-6)
    np.testing.assert_allclose(floor["mask_mean"], 0.6 * 36 / 256, rtol=1e-6)
    for name in ("background_l1", "foreground_l1", "change_ssim"):
        assert floor[name] == identity[name]


def test_the_batch_size_does_not_matter():
    results = [
        measured(BrightMethod(), data_of_squares(), batch_size=size)
        for size in (1, 2, 8)
    ]
    assert results[0] == results[1] == results[2]


def test_each_direction_is_traced_once_with_a_fixed_size():
    method = BrightMethod()
    measured(method, data_of_squares(), batch_size=2)  # 2, 2, 1 and 2, 1
    assert method.traces == 2
    assert set(method.shapes) == {(None, 16, 16, 3)}


def test_without_true_masks_the_overall_change_is_left():
    images, _ = squares()
    result = measured(BrightMethod(), ArrayData({"a": images, "b": images}))
    row = result["directions"]["a_to_b"]["model"]
    assert row["mask_iou"] is None and row["background_l1"] is None
    np.testing.assert_allclose(row["change_l1"], 36 / 256)
    assert result["directions"]["a_to_b"]["mean_mask"] is None
    assert sum("No true masks" in note for note in result["notes"]) == 2


def test_broken_weights_are_an_error():
    class Broken(BrightMethod):
        def translate(self, inputs, direction):
            result = super().translate(inputs, direction)
            return {**result, "image": result["image"] * float("nan")}

    with pytest.raises(UserError, match="NaN or infinity"):
        measured(Broken(), data_of_squares())


def test_the_table_shows_missing_numbers_as_a_dash():
    rows = {
        "model": {"mask_iou": None, "background_psnr": float("inf")},
        "identity": {"mask_iou": 0.12345, "background_psnr": 20.0},
        "mean_mask": None,
    }
    assert table_of(rows) == (
        ["", "this run", "identity map"],
        [["mask iou", "-", "0.1235"], ["background psnr", "inf", "20.00"]],
    )


def test_the_command_writes_numbers_and_a_gallery(tmp_path, capsys):
    write_folders(tmp_path / "data")
    load_run = fake_run(BrightMethod())
    run, numbers = tmp_path / "my_run", tmp_path / "out" / "numbers.json"
    run.mkdir()
    code = main(
        [
            "--run",
            str(run),
            "--data",
            str(tmp_path / "data"),
            "--json",
            str(numbers),
            *shlex.split("--limit 4 --batch-size 3"),
        ],
        load_run=load_run,
    )
    assert code == 0
    result = json.loads(numbers.read_text())
    assert result["method"] == "bright" and result["preset"] == "quick"
    assert result["step"] == 300 and result["split"] == "test"
    assert result["n"] == {"a_to_b": 4, "b_to_a": 4}
    assert result["data"]["location"] == str(tmp_path / "data")
    assert "tensorflow" in result["versions"] and "psnr" in result["units"]
    rows = result["directions"]["b_to_a"]
    assert rows["model"]["mask_iou"] == 1.0
    assert rows["model"]["background_psnr"] == "inf"
    # The mean of five squares: only its best cut finds something.
    assert 0.0 < rows["mean_mask"]["mask_iou_best"] < 1.0

    page = (run / "evaluation" / "index.html").read_text()
    for text in (
        "input",
        "translation",
        "true mask",
        "mask IoU 1.00",
        "a to b",
    ):
        assert text in page
    assert len(list((run / "evaluation" / "images").iterdir())) == 2 * 4 * 4
    printed = capsys.readouterr().out
    assert "a_to_b, 4 images" in printed and "mean training mask" in printed


@pytest.mark.slow
def test_the_command_without_training_images_or_masks(tmp_path, capsys):
    write_folders(tmp_path / "data", splits=("test",), masks=False)
    (tmp_path / "data" / "testA" / "bad.png").write_text("no image")
    load_run = fake_run(BrightMethod())
    arguments = [
        "--run",
        str(tmp_path),
        "--data",
        str(tmp_path / "data"),
        "--json",
        str(tmp_path / "numbers.json"),
        "--gallery",
        str(tmp_path / "gallery"),
    ]
    assert main(arguments, load_run=load_run) == 1
    assert "bad.png" in capsys.readouterr().err

    assert main([*arguments, "--skip-bad-files"], load_run=load_run) == 0
    assert "bad.png" in capsys.readouterr().out
    result = json.loads((tmp_path / "numbers.json").read_text())
    assert result["data"]["skipped"] == 1 and result["n"]["a_to_b"] == 5
    row = result["directions"]["a_to_b"]["model"]
    assert row["mask_iou"] is None and row["change_l1"] > 0
    assert (tmp_path / "gallery" / "index.html").is_file()


def test_images_that_are_missing_are_said_before_anything_is_written(
    tmp_path, capsys
):
    write_folders(tmp_path / "data", splits=("train",), masks=False)
    load_run = fake_run(BrightMethod())
    run = tmp_path / "run"
    run.mkdir()
    arguments = [
        "--run",
        str(run),
        "--data",
        str(tmp_path / "data"),
        "--json",
        str(tmp_path / "numbers.json"),
    ]
    assert main(arguments, load_run=load_run) == 1
    said = capsys.readouterr().err
    assert "no test images: no testA and testB." in said
    assert "--split train" in said
    assert not any(run.iterdir())
    assert (
        main(
            [*arguments, "--split", "train", "--limit", "1"], load_run=load_run
        )
        == 0
    )
    counts = json.loads((tmp_path / "numbers.json").read_text())["data"]
    assert counts["counts"] == {"train": {"a": 5, "b": 5}}


def test_an_earlier_page_stays(tmp_path):
    def page(*options):
        fixed = ["--run", str(tmp_path), "--data", "d", "--json", "j"]
        return page_folder(parse_options(Options, [*fixed, *options], "test"))

    assert page() == tmp_path / "evaluation"
    for folder in ("evaluation", "evaluation-2"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "index.html").touch()
    assert page() == tmp_path / "evaluation-3"
    assert page("--overwrite") == tmp_path / "evaluation"
    chosen = tmp_path / "page"
    (chosen / "images").mkdir(parents=True)
    with pytest.raises(UserError, match="images` is already.*`--gallery`"):
        page("--gallery", str(chosen))
    assert page("--gallery", str(chosen), "--overwrite") == chosen


def test_older_numbers_are_refused_before_any_work(tmp_path, capsys):
    numbers = tmp_path / "numbers.json"
    numbers.write_text('{"units": {}}')
    assert main(["--run", "r", "--data", "d", "--json", str(numbers)]) == 1
    assert "already there. Give `--overwrite`" in capsys.readouterr().err
    assert numbers.read_text() == '{"units": {}}'


def test_usage_errors(tmp_path, capsys):
    load_run = fake_run(BrightMethod())
    arguments = ["--run", "r", "--data", "d", "--json", str(tmp_path)]
    assert main(arguments, load_run=load_run) == 1
    assert "`--json` must be a file" in capsys.readouterr().err
    with pytest.raises(SystemExit) as stopped:
        main([*arguments, "--limit", "0"], load_run=load_run)
    assert stopped.value.code == 2
