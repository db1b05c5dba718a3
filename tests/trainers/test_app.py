"""`tfmask app` without a browser: options, and the masks that come up."""

import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
from fake_runs import BrightMethod, fake_run
from PIL import Image
from processes import ROOT, environment, tfmask

from serving.client.results import Translation
from tfmask.ops.errors import UserError
from trainers import painted_masks
from trainers.app import Options, main, pictures_of

SIDE = 16


class Sized(BrightMethod):
    """It refuses images of another size than it was trained at."""

    image_size = (SIDE, SIDE)
    origin = object()

    def translate_images(self, picture, direction):
        assert picture.shape == (SIDE, SIDE, 3) and direction == "a_to_b"
        mask = np.where(picture[..., 0] > 127, 200, 90).astype(np.uint8)
        return Translation(picture, mask, 1)


@pytest.fixture
def photos(tmp_path):
    """Images whose left half is red, of another size than the run's."""
    rng = np.random.default_rng(0)
    for domain in "AB":
        folder = tmp_path / "photos" / f"train{domain}"
        folder.mkdir(parents=True)
        for number in range(4):
            pixels = rng.integers(0, 256, (40, 32, 3), np.uint8)
            pixels[..., 0] = np.where(np.arange(32) < 16, 255, 0)
            Image.fromarray(pixels).save(folder / f"{number}.png")
    return tmp_path / "photos"


def options(photos, **more):
    return Options(mark=photos, **more)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "give --target HOST:PORT, or --mark FOLDER"),
        (["--target", "x:1", "--run", "r"], "go with --mark"),
        (
            ["--mark", "p", "--run", "r", "--target", "x:1"],
            "give either --run or --target",
        ),
        (["--mark", "p", "--target", "x:1"], "need one --model"),
        (["--mark", "p", "--count", "0"], "`count` must be 1 or more"),
        (["--mark", "p", "--port", "65536"], "`port` must be 0 to 65535"),
        (["--mark", "p", "--domains", "c"], "must be a, b or both"),
    ],
)
def test_options_that_do_not_go_together(capsys, words, said):
    with pytest.raises(SystemExit):
        main(words)
    assert said in " ".join(capsys.readouterr().err.split())


def test_options_need_neither_tensorflow_nor_gradio():
    code = (
        "import sys\n"
        "from trainers.cli import main\n"
        "try:\n    main(['app', '--help'])\nexcept SystemExit:\n    pass\n"
        "assert 'trainers.app' in sys.modules\n"
        "assert not {'tensorflow', 'keras', 'gradio'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_without_the_extra_it_says_what_to_install():
    code = (
        "import sys\n"
        "sys.modules['gradio'] = None\n"
        "from trainers.cli import main\n"
        "sys.exit(main(['app', '--target', '127.0.0.1:1', '--model', 'm']))\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 1
    assert "pip install 'tfmask[app]'" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_what_prepare_masks_lists_comes_up(photos):
    table = photos.parent / "mark.csv"
    tfmask("prepare", "masks", "--data", photos, "--out", table, "--count", 3)
    own = painted_masks.files_to_mark(options(photos, count=3))
    assert len(own) == 6 and own[0].startswith("trainA/")
    assert own == painted_masks.files_to_mark(options(photos, list=table))
    one = painted_masks.files_to_mark(
        options(photos, list=table, domains=("b",))
    )
    assert one == own[3:]


def test_masks_start_from_the_run_and_are_saved_at_full_size(photos):
    load_run = fake_run(Sized(), SIDE)
    mask = painted_masks.masks_of_run(photos, load_run)
    page = painted_masks.marking_of(options(photos), mask)
    picture = np.asarray(Image.open(photos / "trainA" / "0.png"))
    start = page.present("trainA/0.png", picture)
    assert start.shape == (40, 32)
    # 200 of 255 is object, 90 is not; a column of the edge is in between.
    assert (start[:, :15] == 255).all() and not start[:, 17:].any()
    painted = np.zeros((40, 32), np.uint8)
    painted[:5] = 255
    path = page.save("trainA/0.png", painted, False)
    assert path == photos / "trainA_mask" / "0.png"
    with pytest.raises(page.exists):
        page.save("trainA/0.png", painted, False)
    # What was saved comes up again.
    np.testing.assert_array_equal(
        page.present("trainA/0.png", picture), painted
    )


def test_a_direction_that_a_run_has_not_starts_empty(photos):
    method = Sized()
    method.directions = ("a_to_b",)
    mask = painted_masks.masks_of_run(photos, fake_run(method, SIDE))
    page = painted_masks.marking_of(options(photos), mask)
    picture = np.zeros((40, 32, 3), np.uint8)
    assert page.present("trainB/0.png", picture) is None


def test_a_served_model_gives_the_start(photos, toy_of_metadata):
    client = toy_of_metadata
    mask = painted_masks.masks_of_server(client, "toy")
    picture = np.zeros((1536, 768, 3), np.uint8)
    picture[:768] = 255
    start = mask("a_to_b", picture)
    assert start.shape == (1536, 768) and client.seen == (768, 384, 3)
    assert start[0, 0] == 255 and start[-1, -1] == 0
    assert mask("c_to_d", picture) is None


@pytest.fixture
def toy_of_metadata():
    """A client of one model, which finds what is bright."""
    from serving.client.metadata import Metadata, Signature, TensorSpec

    image = TensorSpec("uint8", (None, None, None, 3))
    signature = Signature({"image": image}, {"image": image}, frozenset())

    class Toy:
        def metadata(self, model):
            return Metadata(model, 1, {"a_to_b": signature})

        def translate(self, picture, direction, *, model):
            self.seen = picture.shape
            return Translation(picture, picture[..., 0], 1)

    return Toy()


def test_nothing_left_to_mark_is_said(photos):
    for file in ("trainA_mask", "trainB_mask"):
        (photos / file).mkdir()
        for number in range(4):
            path = photos / file / f"{number}.png"
            Image.fromarray(np.zeros((40, 32), np.uint8)).save(path)
    with pytest.raises(UserError, match="have a mask"):
        painted_masks.files_to_mark(options(photos))


def test_pictures_of_a_folder_are_found_by_name(photos):
    pictures = pictures_of(photos / "trainA")
    assert list(pictures) == ["0.png", "1.png", "2.png", "3.png"]
    with pytest.raises(UserError, match="Expected"):
        pictures_of(photos / "nothing")


def test_a_real_method_gives_masks(photos):
    """Of its training size, as `prepare masks` asks it."""
    from exports import tiny_method

    assert tf  # the method's
    method = tiny_method("attention_guided")
    mask = painted_masks.masks_of_run(photos, fake_run(method, SIDE))
    start = mask("b_to_a", np.zeros((40, 32, 3), np.uint8))
    assert start.shape == (40, 32) and start.dtype == np.uint8
