"""Files for TensorFlow Serving beside the models."""

import pytest

from serving.protocol import protos
from serving.server.batching import read_options
from serving.server.config import models_from, read_text_proto
from tfmask.export.serving_config import write_serving_config


def add_model(base, name, version=1):
    (base / name / str(version)).mkdir(parents=True)


def models(base):
    path = base / "serving_config" / "models.config"
    config = read_text_proto(path, protos.ModelServerConfig())
    return [(model.name, model.base_path) for model in models_from(config)]


def test_every_model_is_listed_where_the_server_sees_it(tmp_path):
    add_model(tmp_path, "pears")
    add_model(tmp_path, "apples", 3)
    (tmp_path / "empty").mkdir()  # the server would wait for it for ever
    assert write_serving_config(tmp_path) == []
    assert models(tmp_path) == [
        ("apples", "/models/apples"),
        ("pears", "/models/pears"),
    ]
    add_model(tmp_path, 'odd "name" \\ ü')
    assert write_serving_config(tmp_path, "/srv/") == []
    assert ('odd "name" \\ ü', '/srv/odd "name" \\ ü') in models(tmp_path)


def test_the_batching_files_are_what_a_server_accepts(tmp_path):
    write_serving_config(tmp_path)
    for name, largest in (("cpu", 8), ("gpu", 16)):
        path = tmp_path / "serving_config" / f"batching_{name}.config"
        options = read_options(
            read_text_proto(path, protos.BatchingParameters()), 2
        )
        options.check()
        assert options.max_batch_size == largest
        assert f"batching_{name}.config" in path.read_text()


def test_the_tls_sample_has_the_servers_fields(tmp_path):
    write_serving_config(tmp_path)
    path = tmp_path / "serving_config" / "ssl.config.sample"
    config = read_text_proto(path, protos.SSLConfig())
    assert config.server_key.startswith("-----BEGIN PRIVATE KEY-----\n")
    assert config.client_verify and config.custom_ca and config.server_cert


def test_the_monitoring_file_names_the_default_path(tmp_path):
    write_serving_config(tmp_path)
    text = (tmp_path / "serving_config" / "monitoring.config").read_text()
    assert 'path: "/monitoring/prometheus/metrics"' in text


def test_a_file_that_was_edited_is_left_alone(tmp_path):
    add_model(tmp_path, "apples")
    write_serving_config(tmp_path)
    folder = tmp_path / "serving_config"
    before = {path.name: path.read_text() for path in folder.iterdir()}
    assert write_serving_config(tmp_path) == []
    assert before == {path.name: path.read_text() for path in folder.iterdir()}
    edited = folder / "models.config"
    edited.write_text(edited.read_text().replace("apples", "renamed", 1))
    own = folder / "batching_gpu.config"
    own.write_text("max_batch_size { value: 64 }\n")
    texts = {path: path.read_text() for path in (edited, own)}
    add_model(tmp_path, "pears")
    assert sorted(write_serving_config(tmp_path)) == sorted(texts)
    assert texts == {path: path.read_text() for path in texts}
    edited.unlink()
    assert write_serving_config(tmp_path) == [own]
    assert len(models(tmp_path)) == 2


@pytest.mark.parametrize("ending", ["", "\n# a note at the end\n"])
def test_a_note_at_the_end_counts_as_an_edit(tmp_path, ending):
    write_serving_config(tmp_path)
    path = tmp_path / "serving_config" / "models.config"
    path.write_text(path.read_text() + ending)
    add_model(tmp_path, "apples")
    assert bool(write_serving_config(tmp_path)) == bool(ending)
