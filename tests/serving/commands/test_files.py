"""Which files of a folder are images, and where their results go."""

import os

import pytest

from serving.commands.files import (
    CLIENT_SUFFIXES,
    first_names,
    list_images,
    natural_key,
    plan_outputs,
    result_names,
    scan_folder,
)


def touch(folder, *names):
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).write_text("")


def names(paths):
    return [path.name for path in paths]


def test_numbers_in_names_are_sorted_as_numbers():
    ordered = sorted(("img_10", "img_2", "img_02", "Img_1"), key=natural_key)
    assert ordered == ["Img_1", "img_02", "img_2", "img_10"]


def test_a_folder_holds_images_and_others(tmp_path):
    touch(tmp_path, "img_10.png", "img_2.PNG", ".hidden.png", "b.txt", "a")
    (tmp_path / "folder").mkdir()
    listing = list_images(tmp_path)
    assert names(listing.images) == ["img_2.PNG", "img_10.png"]
    assert names(listing.others) == ["a", "b.txt"]
    assert listing.problems == {} and listing.count == 2
    assert listing.left_out() == [
        "2 files left out, no images by their names: a, b.txt"
    ]


def test_what_has_an_images_name_and_is_none_is_told(tmp_path):
    touch(tmp_path, "a.png", "b.tif")
    (tmp_path / "c.png").mkdir()
    (tmp_path / "d.png").symlink_to("moved.png")
    os.mkfifo(tmp_path / "e.png")
    (tmp_path / "f.png").symlink_to("f.png")
    images = scan_folder(tmp_path).images
    assert {path.name: problem for path, problem in images} == {
        "a.png": None,
        "b.tif": "is a TIFF image: .tif files are not read. Convert it to "
        "PNG or JPEG",
        "c.png": "is a folder",
        "d.png": "is a link to moved.png, which is not there",
        "e.png": "is no regular file",
        "f.png": f"cannot be opened ({os.strerror(40)})",
    }
    listing = list_images(tmp_path)
    assert names(listing.images) == ["a.png"] and listing.count == 6


def test_a_command_takes_more_kinds_than_others(tmp_path):
    touch(tmp_path, "a.webp", "b.JFIF", "c.heic", "d.avif")
    listing = list_images(tmp_path, CLIENT_SUFFIXES)
    assert names(listing.images) == ["a.webp", "b.JFIF"]
    (heic, avif) = listing.problems.values()
    assert heic.startswith("is a HEIC image: .heic files are not read.")
    assert avif.startswith("is an AVIF image")
    assert list_images(tmp_path).images == []


def test_masks_beside_their_images_are_no_images(tmp_path):
    touch(tmp_path, "a.jpg", "a_mask.png", "a_exemplar_mask.png")
    touch(tmp_path, "a_instance_0.png", "a_instance_12.png")
    # No image of their names is there, or they are no PNG.
    masks = ["a_mask.jpg", "b_mask.png", "c_instance_0.png", "a_instance_x.png"]
    touch(tmp_path, *masks)
    listing = list_images(tmp_path)
    assert sorted(names(listing.images)) == sorted(["a.jpg", *masks])
    (line,) = listing.left_out()
    assert line.startswith("4 masks beside their images left out")
    assert line.endswith(
        "a_exemplar_mask.png, a_instance_0.png, a_instance_12.png and 1 more"
    )


def test_the_mask_of_an_image_that_is_called_like_a_mask(tmp_path):
    touch(tmp_path, "x_exemplar.png", "x_exemplar_mask.png")
    listing = list_images(tmp_path)
    assert names(listing.images) == ["x_exemplar.png"]


@pytest.mark.parametrize(
    ("content", "got"),
    [
        ((), "an empty folder"),
        (("n.txt", "m.txt"), r"2 other files \(m.txt, n.txt\)"),
    ],
)
def test_a_folder_without_images(tmp_path, content, got):
    touch(tmp_path, *content)
    with pytest.raises(ValueError, match=rf"Expected images \(.jpg.*{got}"):
        list_images(tmp_path)
    (tmp_path / "deeper").mkdir()
    if not content:
        with pytest.raises(ValueError, match="Got: 1 folder"):
            list_images(tmp_path)


def test_a_source_that_is_no_file(tmp_path):
    with pytest.raises(ValueError, match="a.png`, which is not there"):
        list_images(tmp_path / "a.png")
    (tmp_path / "b.png").symlink_to("moved.png")
    with pytest.raises(ValueError, match="b.png`, which is a link to moved"):
        list_images(tmp_path / "b.png")
    os.mkfifo(tmp_path / "c.png")
    with pytest.raises(ValueError, match="c.png`, which is no regular file"):
        list_images(tmp_path / "c.png")


def test_names_that_are_not_utf_8_are_listed(tmp_path):
    with open(os.fsencode(tmp_path) + b"/b\xe4r.png", "wb"):
        listing = list_images(tmp_path)
    assert names(listing.images) == ["b\udce4r.png"]


def test_many_names_are_counted(tmp_path):
    paths = [tmp_path / name for name in "abcde"]
    assert first_names(paths[:3]) == "a, b, c"
    assert first_names(paths) == "a, b, c and 2 more"


def test_masks_have_a_folder_of_their_own(tmp_path):
    image, out = tmp_path / "a.jpg", tmp_path / "out"
    results = ["mask", "exemplar_mask", *result_names("instances", 2)]
    assert plan_outputs([image], out, {image: results}) == {
        image: {
            "image": out / "a.png",
            "mask": out / "masks" / "a_mask.png",
            "exemplar_mask": out / "masks" / "a_exemplar_mask.png",
            "instance_0": out / "masks" / "a_instance_0.png",
            "instance_1": out / "masks" / "a_instance_1.png",
        }
    }
    plan = plan_outputs([image], out, {image: results}, mask_output=out)
    assert plan[image]["mask"] == out / "a_mask.png"


def test_a_folder_that_is_in_the_way_is_told(tmp_path):
    (tmp_path / "masks" / "a_mask.png").mkdir(parents=True)
    with pytest.raises(ValueError, match="a folder of that name"):
        image = tmp_path / "in" / "a.png"
        plan_outputs([image], tmp_path, {image: ["mask"]}, overwrite=True)


def test_a_link_that_is_in_the_way_is_an_older_result(tmp_path):
    (tmp_path / "a.png").symlink_to("moved.png")
    with pytest.raises(ValueError, match="1 of 2 results are already there"):
        image = tmp_path / "in" / "a.png"
        plan_outputs([image], tmp_path, {image: ["mask"]})
