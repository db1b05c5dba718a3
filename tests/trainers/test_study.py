"""`tfmask study`: the page in a browser, and the counts of its answers."""

import base64
import json
import re

import numpy as np
import pytest
from browser import CHROMIUM, chromium
from fake_runs import BrightMethod, fake_run
from PIL import Image
from scipy.stats import beta

from tfmask.evaluation.study import FORMAT
from trainers.study import main

COUNT = 3


def write_pictures(folder, seed, count=COUNT, size=(9, 8)):
    """`count` pictures; returns them by name."""
    folder.mkdir()
    rng = np.random.default_rng(seed)
    pictures = {}
    for number in range(count):
        pixels = rng.integers(0, 256, (*size, 3), np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")
        pictures[f"{number}.png"] = pixels
    return pictures


def arguments(tmp_path, *more, runs=("one", "two")):
    folders = [str(tmp_path / run) for run in runs]
    return [
        "--runs",
        *folders,
        "--inputs",
        str(tmp_path / "inputs"),
        "--out",
        str(tmp_path / "study"),
        *more,
    ]


@pytest.fixture
def study(tmp_path):
    """A page that compares two folders of ready pictures."""
    for seed, name in enumerate(("inputs", "one", "two")):
        write_pictures(tmp_path / name, seed)
    assert main(arguments(tmp_path, "--questions", "A?", "</script>B?")) == 0
    return tmp_path / "study"


def data_of(folder):
    page = (folder / "index.html").read_text()
    data = page.split('type="application/json" id=study>')[1]
    study = json.loads(data.split("</script>")[0])
    return study, json.loads(base64.b64decode(study["key"]))


def test_the_key_knows_whose_picture_is_whose(study, tmp_path):
    data, key = data_of(study)
    assert key["names"] == ["one", "two"]
    assert len(data["pairs"]) == COUNT
    inputs = {
        (tmp_path / "inputs" / f"{n}.png").read_bytes(): n for n in range(COUNT)
    }
    pixels = {
        np.asarray(Image.open(tmp_path / "inputs" / f"{n}.png")).tobytes(): n
        for n in inputs.values()
    }
    for pair, first in zip(data["pairs"], key["first"], strict=True):
        shown = np.asarray(Image.open(study / pair["input"]))
        name = f"{pixels[shown.tobytes()]}.png"
        for place in (0, 1):
            run = key["names"][place ^ first]
            np.testing.assert_array_equal(
                Image.open(study / pair[f"picture{place}"]),
                Image.open(tmp_path / run / name),
            )
    visible = (study / "index.html").read_text().replace(data["key"], "")
    assert "two" not in visible


def test_runs_are_translated(tmp_path):
    inputs = write_pictures(tmp_path / "inputs", 0, count=1, size=(8, 8))
    write_pictures(tmp_path / "two", 1, count=1, size=(8, 8))
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "config.json").touch()
    load_run = fake_run(BrightMethod())
    assert main(arguments(tmp_path), load_run=load_run) == 0
    data, key = data_of(tmp_path / "study")
    (pair,), (first,) = data["pairs"], key["first"]
    (pixels,) = inputs.values()
    mask = pixels[..., :1] > 127
    np.testing.assert_array_equal(
        Image.open(tmp_path / "study" / pair[f"picture{first}"]),
        np.where(mask, 255 - pixels, pixels),
    )


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium")
def test_a_person_answers_in_a_browser(study, tmp_path, capsys):
    """Always prefers run `one`, reloads once, takes one answer back."""
    _, key = data_of(study)
    side_of_one = (
        "(() => { const {pair} = current(); const first ="
        f"{key['first']}[pair];"
        "return find('left').firstElementChild.src.endsWith("
        "study.pairs[pair]['picture' + first]) ? 'Left' : 'Right'; })()"
    )
    sides = []
    with chromium(tmp_path) as page:
        page.open(study / "index.html")
        assert page.value("find('question').textContent") == "A?"
        assert page.value(
            "[...document.querySelectorAll('.choice img, #input')]"
            ".every((image) => image.naturalWidth === 8)"
        )
        for number in range(2 * COUNT):
            if number == 3:
                page.open(study / "index.html")  # as after a crash
                page.press("ArrowLeft")
                page.press("Backspace")
            sides.append(page.value(side_of_one))
            page.press(f"Arrow{sides[-1]}")
        text = page.value("find('progress').textContent")
        assert text == "6 of 6 answered"
        assert page.value("!find('end').hidden && find('task').hidden")
        page.press("ArrowLeft")  # nothing is left to answer
        page.value("save()")
        saved = "Browser.downloadProgress"
        while page.wait_for(saved)["state"] != "completed":
            pass
    (file,) = tmp_path.glob("answers-*.json")
    saved = json.loads(file.read_text())
    assert sorted({answer["pair"] for answer in saved["answers"]}) == [0, 1, 2]
    numbers = tmp_path / "numbers.json"
    assert main(["--score", str(file), "--json", str(numbers)]) == 0
    result = json.loads(numbers.read_text())
    assert result["people"] == 1
    left = [side == "Left" for side in sides]
    for row, chosen in zip(
        result["questions"], (left[::2], left[1::2]), strict=True
    ):
        assert row["chosen"] == [COUNT, 0]
        assert row["left_percent"] == pytest.approx(100.0 * np.mean(chosen))
    assert "100.0 %" in capsys.readouterr().out


def answers(path, picks, study="s", rater="r", first=(0, 1, 0), **changes):
    """A file of one question's answers: which run was chosen of each pair."""
    key = json.dumps({"names": ["one", "two"], "first": list(first)})
    content = {
        "format": FORMAT,
        "study": study,
        "rater": rater,
        "questions": ["A?"],
        "key": base64.b64encode(key.encode()).decode(),
        "answers": [
            {
                "pair": pair,
                "question": 0,
                "picture": run ^ first[pair],
                "side": "left",
                "milliseconds": 1,
            }
            for pair, run in enumerate(picks)
        ],
        **changes,
    }
    path.write_text(json.dumps(content))
    return str(path)


def test_counts_and_exact_intervals(tmp_path):
    files = [
        answers(tmp_path / "a", (0, 0, 1), rater="a"),
        answers(tmp_path / "b", (0, 0), rater="b"),
    ]
    numbers = tmp_path / "numbers.json"
    score = ["--score", *files, "--json"]
    assert main([*score, str(numbers)]) == 0
    assert main([*score, str(numbers)]) == 1
    assert main([*score, str(numbers), "--overwrite"]) == 0
    assert main([*score, files[0], "--overwrite"]) == 1  # an input
    (row,) = json.loads(numbers.read_text())["questions"]
    assert (row["answers"], row["chosen"]) == (5, [4, 1])
    assert row["percent"] == [80.0, 20.0]
    # Clopper and Pearson's limits are quantiles of beta distributions.
    np.testing.assert_allclose(
        row["interval"][0],
        100 * np.array([beta.ppf(0.025, 4, 2), beta.ppf(0.975, 5, 1)]),
        rtol=1e-9,
    )
    # 5 throws of a coin: 0, 1, 4 or 5 heads in 12 of 32 cases.
    assert row["p_value"] == pytest.approx(12 / 32)


def test_a_question_nobody_answered(tmp_path, capsys):
    assert main(["--score", answers(tmp_path / "a", ())]) == 0
    assert "A?" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"study": "other"}, "belongs to another study than"),
        ({"rater": "a"}, "are of one person"),
        ({"format": "x"}, "no file of answers.*'x'"),
        ({"answers": [{"question": 7}]}, "no file of answers"),
        ({"key": "x"}, "no file of answers"),
    ],
)
def test_files_that_do_not_count(tmp_path, capsys, changes, message):
    good = answers(tmp_path / "a", (0,), rater="a")
    bad = answers(tmp_path / "b", (0,), **changes)
    assert main(["--score", good, bad]) == 1
    assert re.search(message, capsys.readouterr().err)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ([], "lacks pictures of 1 of 3 inputs, the first is `2.png`"),
        (["--count", "0"], "1 input or more"),
    ],
)
def test_pictures_that_do_not_fit(tmp_path, capsys, more, message):
    for seed, name in enumerate(("inputs", "one", "two")):
        write_pictures(tmp_path / name, seed, count=3 - (name == "two"))
    try:
        assert main(arguments(tmp_path, *more)) == 1
    except SystemExit as error:
        assert error.code == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "study").exists()


def test_pictures_of_another_size(tmp_path, capsys):
    write_pictures(tmp_path / "inputs", 0)
    write_pictures(tmp_path / "one", 1)
    write_pictures(tmp_path / "two", 2, size=(11, 8))
    assert main(arguments(tmp_path)) == 1
    assert "(11, 8), expected the size of" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--runs", "a", "b", "--inputs", "i"],
        ["--runs", "a", "--inputs", "i", "--out", "o"],
        ["--score", "f", "--out", "o"],
    ],
)
def test_options_that_do_not_go_together(arguments):
    with pytest.raises(SystemExit) as error:
        main(arguments)
    assert error.value.code == 2
