"""Cases 58 to 63: versions that appear, break and change on disk."""

import shutil
import threading

import numpy as np
import pytest

from serving.conformance.requests import (
    PRECONDITION,
    arrays,
    eventually,
    floats,
    predict,
    refused,
    toy_y,
)
from serving.conformance.test_reload import listed, reload_models
from serving.protocol.warmup import WARM_UP_FILE, predict_log, write_records

AVAILABLE, END = 30, 50


@pytest.fixture
def publish(may_write):
    """Function that publishes a copy of version 3 under another number."""
    folders = []

    def put(number, change=None, name=None):
        temporary = may_write.base / "toy" / f"tmp-{number}"
        shutil.copytree(may_write.base / "spare" / "toy" / "3", temporary)
        if change:
            change(temporary)
        folders.append(temporary.rename(may_write.base / "toy" / str(number)))
        return folders[-1]

    yield put
    for path in folders:
        shutil.rmtree(path, ignore_errors=True)
        number = int(path.name)
        eventually(lambda number=number: ended(may_write, number))


def state(server, number):
    entry = server.status().get(number)
    return entry.state if entry else None


def ended(server, number):
    return state(server, number) == END


@pytest.mark.case(58)
def test_a_published_version_takes_over_without_a_failure(may_write, publish):
    stop, failures, versions = threading.Event(), [], []

    def ask():
        while not stop.is_set():
            try:
                response = predict(may_write, {"x": floats(1, 4)})
                versions.append(response.model_spec.version.value)
            except Exception as error:
                failures.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        publish(3)
        eventually(lambda: state(may_write, 3) == AVAILABLE)
        eventually(lambda: versions and versions[-1] == 3)
    finally:
        stop.set()
        thread.join()
    assert not failures
    assert versions == sorted(versions)
    np.testing.assert_allclose(
        arrays(predict(may_write, {"x": floats(1, 4)}))["y"],
        toy_y(floats(1, 4), 3),
    )


@pytest.mark.case(58)
def test_the_policy_latest_retires_the_old_one(may_reload, publish):
    model = listed(may_reload)
    model.model_version_policy.latest.num_versions = 1
    try:
        publish(3)
        reload_models(may_reload, model)
        eventually(lambda: state(may_reload, 3) == AVAILABLE)
        eventually(lambda: ended(may_reload, 1) and ended(may_reload, 2))
    finally:
        reload_models(may_reload, listed(may_reload))
        eventually(
            lambda: state(may_reload, 1) == state(may_reload, 2) == AVAILABLE
        )


@pytest.mark.case(59)
def test_names_that_are_no_numbers(may_write, publish):
    source = may_write.base / "spare" / "toy" / "3"
    paths = [may_write.base / "toy" / n for n in ("tmp-9", "9.part", "v9")]
    try:
        for path in paths:
            shutil.copytree(source, path)
        publish(8)  # the same look at the folder finds it, or a later one
        eventually(lambda: state(may_write, 8) == AVAILABLE)
        assert 9 not in may_write.status()
    finally:
        for path in paths:
            shutil.rmtree(path)


@pytest.mark.case(60)
def test_an_empty_folder(may_write):
    folder = may_write.base / "toy" / "4"
    folder.mkdir()
    try:
        eventually(lambda: ended(may_write, 4))
        status = may_write.status()[4].status
        assert status.error_code == 5
        assert "Could not find SavedModel .pb or .pbtxt" in status.error_message
        response = predict(may_write, {"x": floats(1, 4)})
        assert response.model_spec.version.value < 4
    finally:
        folder.rmdir()


@pytest.mark.case(61)
def test_a_version_without_its_weights(may_write, publish):
    publish(5, lambda path: (path / "variables" / "variables.index").unlink())
    eventually(lambda: state(may_write, 5) == AVAILABLE)
    with refused(PRECONDITION, pattern="Could not find variable"):
        predict(may_write, {"x": floats(1, 4)}, version=5)


def with_warm_up(write):
    def change(path):
        target = path / WARM_UP_FILE
        target.parent.mkdir(exist_ok=True)
        write(target)

    return change


def unknown_signature(path):
    write_records(path, [predict_log("nope", {"x": floats(1, 4)})])


def garbage(path):
    path.write_bytes(b"this is no TFRecord file")


def good_requests(path):
    logs = [predict_log("", {"x": floats(rows, 4)}) for rows in (1, 2)]
    write_records(path, logs)


@pytest.mark.case(62)
@pytest.mark.parametrize(
    ("number", "write", "code", "text"),
    [
        (6, unknown_signature, 9, 'Serving signature key "nope" not found.'),
        (
            7,
            garbage,
            15,
            "Please verify your warmup data is in TFRecord format.",
        ),
    ],
)
def test_warm_up_that_fails(may_write, publish, number, write, code, text):
    publish(number, with_warm_up(write))
    eventually(lambda: ended(may_write, number))
    status = may_write.status()[number].status
    assert status.error_code == code
    assert text in status.error_message


@pytest.mark.case(62)
def test_warm_up_that_works(may_write, publish):
    publish(12, with_warm_up(good_requests))
    eventually(lambda: state(may_write, 12) == AVAILABLE)


@pytest.mark.case(63)
def test_files_changed_under_a_loaded_version(may_write, publish):
    folder = publish(10)
    eventually(lambda: state(may_write, 10) == AVAILABLE)
    before = arrays(predict(may_write, {"x": floats(1, 4)}, version=10))
    for path in (folder / "variables").iterdir():
        path.write_bytes(b"changed")
    (folder / "saved_model.pb").write_bytes(b"changed")
    after = arrays(predict(may_write, {"x": floats(1, 4)}, version=10))
    np.testing.assert_array_equal(before["y"], after["y"])
