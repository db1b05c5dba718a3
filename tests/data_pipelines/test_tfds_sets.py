"""Data sets of tensorflow-datasets, through its own mocking."""

import errno
import socket
import sys
import types

import numpy as np
import pytest
import tensorflow as tf

from data_pipelines import open_data, tfds_sets
from tfmask.ops.errors import UserError

datasets = pytest.importorskip("tensorflow_datasets")
downloader = pytest.importorskip("tensorflow_datasets.core.download.downloader")

LOCATION = "tfds:cycle_gan/horse2zebra"

pytestmark = [
    pytest.mark.filterwarnings("ignore"),  # of tfds itself
    pytest.mark.skipif(
        not hasattr(datasets, "load"),
        reason="tfds cannot be imported with these package versions",
    ),
]


def test_batches_of_a_mocked_set():
    with datasets.testing.mock_data(num_examples=3):
        data = open_data(LOCATION, image_size=16)
    assert data.counts("train") == {"a": 3, "b": 3}
    assert data.names("a", "test") == ["00000", "00001", "00002"]
    assert not data.has_regions("train")
    assert data.describe()["kind"] == "tfds"
    (batch,) = data.train_batches(2, seed=1).take(1)
    assert batch["a"]["image"].shape == (2, 16, 16, 3)
    (batch,) = data.test_batches("b", batch_size=3)
    assert list(batch["index"].numpy()) == [0, 1, 2]


@pytest.mark.parametrize("wanted", [2, "all"])
def test_there_are_no_masks_to_learn_from(wanted):
    with (
        datasets.testing.mock_data(num_examples=3),
        pytest.raises(UserError, match=f"is {wanted}, but {LOCATION} has none"),
    ):
        open_data(LOCATION, image_size=16, masks_for_training=wanted)


def test_bad_records_are_named_and_can_be_skipped():
    # The fourth image of tfds' mock is 7 pixels high.
    with datasets.testing.mock_data(num_examples=4):
        with pytest.raises(UserError, match="horse2zebra trainA #3: is 7"):
            open_data(LOCATION)
        data = open_data(LOCATION, skip_bad_files=True)
    assert data.counts("test") == {"a": 3, "b": 3}
    assert len(data.skipped) == 4


def test_unknown_data_set_gives_the_nearest_names():
    with pytest.raises(UserError, match="Did you mean: cycle_gan"):
        open_data("tfds:cyclegan/horse2zebra")


def test_unknown_configuration_gives_the_nearest_names():
    with pytest.raises(UserError, match="Did you mean: horse2zebra"):
        open_data("tfds:cycle_gan/horse2zeba")


def test_data_set_of_another_kind():
    with (
        datasets.testing.mock_data(num_examples=2),
        pytest.raises(UserError, match="`image`"),
    ):
        open_data("tfds:imdb_reviews")


@pytest.fixture
def failing(monkeypatch):
    """Makes `download_and_prepare` raise what it is given."""

    def fail_with(error):
        def fail(self, **kwargs):
            raise error

        monkeypatch.setattr(
            datasets.core.DatasetBuilder, "download_and_prepare", fail
        )

    return fail_with


def message_of_opening(location=LOCATION):
    with pytest.raises(UserError) as error:
        open_data(location)
    message = str(error.value)
    assert "\n" not in message and location in message
    return message


def test_not_prepared_and_no_network(failing):
    failing(ConnectionError("no route to host"))
    message = message_of_opening()
    assert "no route to host" in message and "Is there a network?" in message
    assert "tfds build cycle_gan/horse2zebra" in message
    assert "TFDS_DATA_DIR" in message


def test_a_missing_module_is_not_told_as_a_matter_of_the_network(failing):
    text = "No module named 'importlib_resources'"
    failing(ModuleNotFoundError(text, name="importlib_resources"))
    message = message_of_opening()
    assert text in message
    assert "pip install importlib_resources" in message
    assert "network" not in message and "download" not in message


def test_a_full_disk_is_not_told_as_a_matter_of_the_network(failing):
    failing(OSError(errno.ENOSPC, "No space left on device"))
    message = message_of_opening()
    assert "No space left on device" in message
    assert "network" not in message and "download" not in message


def test_a_download_without_a_network_is_one_line(
    tmp_path, monkeypatch, capfd, caplog
):
    # The real download, through a proxy on a port where nobody listens.
    with socket.create_server(("127.0.0.1", 0)) as server:
        proxy = f"http://127.0.0.1:{server.getsockname()[1]}"
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy"):
        monkeypatch.setenv(name, proxy)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(datasets.core.constants, "DATA_DIR", str(tmp_path))
    # The wait before each further try doubles.
    monkeypatch.setattr(tfds_sets, "DOWNLOAD_RETRIES", 1)
    message = message_of_opening()
    assert f"not prepared in {tmp_path}" in message
    assert "refused" in message and "Is there a network?" in message
    # Not before: tfds imports this part of itself when it is needed.
    from tensorflow_datasets.core.download import downloader

    assert downloader.MAX_RETRIES > tfds_sets.DOWNLOAD_RETRIES
    assert not caplog.records
    assert "Retrying" not in "".join(capfd.readouterr())


def test_tfds_that_could_not_import_its_own_parts(monkeypatch):
    empty = types.ModuleType("tensorflow_datasets")
    monkeypatch.setitem(sys.modules, "tensorflow_datasets", empty)
    with pytest.raises(UserError, match="its own imports fail"):
        open_data(LOCATION)


def test_tfds_that_is_not_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow_datasets", None)
    with pytest.raises(UserError, match="pip install tensorflow-datasets"):
        open_data(LOCATION)


def test_a_mocked_set_with_attributes():
    with datasets.testing.mock_data(num_examples=3):
        data = open_data("tfds:celeb_a", 16, attributes=("Smiling", "Male"))
    assert data.attributes == ("Smiling", "Male")
    assert data.counts("train") == {"a": 3}
    (batch,) = data.test_batches(batch_size=3)
    assert batch["attributes"].shape == (3, 2)


def test_pairs_in_two_features_of_a_mocked_set():
    def records(builder, *args, **options):
        levels = tf.data.Dataset.range(3)
        return levels.map(
            lambda n: {
                name: tf.io.encode_png(
                    tf.fill((16, 16, 3), tf.cast(n, "uint8"))
                )
                for name in ("annotation", "image")
            }
        )

    with datasets.testing.mock_data(as_dataset_fn=records):
        data = open_data("tfds:scene_parse150#image,annotation", 16)
    assert data.layout == "pairs" and data.kind == "tfds"
    assert data.counts("test") == {"a": 3, "b": 3}
    (batch,) = data.train_batches(3, seed=0, pairing="together").take(1)
    for domain in "ab":
        np.testing.assert_allclose(
            batch[domain]["image"][:, 0, 0, 0],
            batch[domain]["index"].numpy() / 127.5 - 1.0,
            atol=1e-6,
        )


@pytest.mark.parametrize(
    ("location", "text"),
    [
        ("tfds:scene_parse150#image", "two features behind the `#`"),
        ("tfds:scene_parse150#image,labels", "the feature `labels`"),
    ],
)
def test_features_that_make_no_pair(location, text):
    with (
        datasets.testing.mock_data(num_examples=2),
        pytest.raises(UserError, match=text),
    ):
        open_data(location)
